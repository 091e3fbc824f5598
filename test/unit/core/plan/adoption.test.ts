import { describe, expect, it } from 'vitest';
import { adoptionNote, configAdoptionNote } from '../../../../src/core/plan/adoption.ts';
import type { JsonObject } from '../../../../src/kube/object.ts';
import {
  aConfigMap,
  aDockerConfig,
  aLive,
  aSecret,
  configMapNamed,
  secretNamed,
} from '../../../support/gen.ts';

describe('the note on a Secret that is taken over and keeps docker.io', () => {
  const rows: Readonly<Record<string, readonly [JsonObject, string]>> = {
    'names the hosts that go, in order and each once': [
      aDockerConfig({
        'quay.io/b': 'a:b',
        'quay.io/a': 'a:b',
        'https://index.docker.io/v1/': 'a:b',
        'ghcr.io': 'a:b',
      }),
      'it loses the entries of ghcr.io, quay.io',
    ],
    'counts keys that name no host': [
      aDockerConfig({ '*.a.io': 'a:b', 'ghcr.io': 'a:b', '*.b.io': 'a:b' }),
      'it loses the entries of ghcr.io, 2 keys that name no host',
    ],
    'says so when nothing goes': [aDockerConfig({ 'docker.io': 'a:b' }), 'it loses no entry'],
    'knows of no entry in a Secret without the file': [aSecret('Opaque', {}), 'it loses no entry'],
    'knows of no entry in a file that is no Docker config': [
      aSecret('Opaque', { '.dockerconfigjson': '[]' }),
      'it loses no entry',
    ],
  };
  it.each(Object.entries(rows))('%s', (_, [object, note]) => {
    expect(adoptionNote(aLive(secretNamed('ci-pull'), object), new Set(['docker.io']))).toBe(note);
  });

  it('knows of no entry when the Secret was not read', () => {
    const live = aLive(secretNamed('ci-pull'), aDockerConfig({ 'ghcr.io': 'a:b' }));
    const unread = { ...live, data: { keys: live.data.keys, matches: () => false } };
    expect(adoptionNote(unread, new Set())).toBe('it loses no entry');
  });
});

describe('the note on a ConfigMap that is taken over and keeps buildkitd.toml', () => {
  const SETTINGS = 'its settings are now those of the spec and its base';
  const rows: Readonly<Record<string, readonly [JsonObject, string]>> = {
    'says that its settings are replaced': [aConfigMap({ 'buildkitd.toml': '' }), SETTINGS],
    'names the keys that go, binary ones too, in order': [
      { ...aConfigMap({ 'buildkitd.toml': '', 'z.crt': '' }), binaryData: { blob: 'AAAA' } },
      `${SETTINGS}, and it loses the keys blob, z.crt`,
    ],
  };
  it.each(Object.entries(rows))('%s', (_, [object, note]) => {
    const live = aLive(configMapNamed('ci-buildkitd'), object);
    expect(configAdoptionNote(live, new Set(['buildkitd.toml']))).toBe(note);
  });
});
