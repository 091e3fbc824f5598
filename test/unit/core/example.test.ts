import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { mirrorAuthSchema } from '../../../src/api/mirrorauth.ts';
import { parseBaseConfig } from '../../../src/core/buildkit/base-config.ts';
import { buildkitModel } from '../../../src/core/buildkit/buildkit-model.ts';
import { renderBuildkitConfig, revisionOf } from '../../../src/core/buildkit/buildkitd-toml.ts';
import { renderPullSecret } from '../../../src/core/docker/pull-secret.ts';
import { CA_ONE } from '../../support/certificates.ts';
import { credential, texts, valueOf } from '../../support/secrets.ts';

/** The example that the documents show, as bytes. */

const golden = (name: string): string =>
  readFileSync(new URL(`../../golden/example/${name}`, import.meta.url), 'utf8');

const { spec } = mirrorAuthSchema.parse(parse(golden('mirrorauth.yaml')));

describe('the example', () => {
  it('gives this pull Secret', () => {
    const files = texts(
      renderPullSecret({
        entries: new Map([
          ['registry.corp:5000', credential('push:push-token')],
          ['docker.io', credential('hub-user:hub-token')],
          ['ghcr.harbor.corp', credential('robot$ghcr:robot-token')],
          ['harbor.corp', credential('hub-user:hub-token')],
        ]),
        cas: [{ configMap: 'corp-ca', key: 'ca.crt', certificates: [CA_ONE] }],
      }),
    );
    expect(files).toEqual({
      '.dockerconfigjson': golden('config.json.golden'),
      'config.json': golden('config.json.golden'),
      'ca.crt': golden('ca.crt.golden'),
    });
  });

  it('gives this buildkitd ConfigMap', () => {
    const base = valueOf(
      parseBaseConfig(golden('base.toml'), { configMap: 'buildkitd-base', key: 'buildkitd.toml' }),
    );
    const files = renderBuildkitConfig(
      buildkitModel(spec),
      new Map([['harbor.corp', [CA_ONE]]]),
      base,
    );
    expect(Object.fromEntries(files)).toEqual({
      'buildkitd.toml': golden('buildkitd.toml.golden'),
      'harbor.corp.crt': golden('harbor.corp.crt.golden'),
    });
    expect(revisionOf(files)).toBe('e5626de0');
  });
});
