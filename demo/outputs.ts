import { z } from 'zod';
import type { ControlPlane } from '../testbed/control-plane.ts';
import { claim } from './claim.ts';
import { line, quote } from './page.ts';
import { NAMESPACE } from './setting.ts';
import type { Setting } from './setting.ts';

const PullSecret = z.object({ data: z.object({ 'config.json': z.base64() }) });
const BuildkitConfig = z.object({ data: z.object({ 'buildkitd.toml': z.string() }) });

/** Shows the hosts of the one file that mirrorauth wrote, and the origin's mirror in the other. */
export async function showOutputs({ cluster, origin }: Setting): Promise<void> {
  line('Secret ci-pull, config.json:');
  const config: unknown = JSON.parse(await readConfigJson(cluster));
  quote(`  ${JSON.stringify(config, blankAuth)}`);
  line('ConfigMap ci-buildkitd, buildkitd.toml, the mirror of the origin:');
  const toml = await readBuildkitdToml(cluster);
  const lines = toml.split('\n');
  const table = lines.indexOf(`[registry."${origin.host}"]`);
  const [name, mirrors] = lines.slice(table);
  claim(
    table !== -1 && mirrors?.startsWith('mirrors = ') === true,
    'the origin has a mirror',
    toml,
  );
  quote(`  ${name}\n  ${mirrors}`);
}

function blankAuth(key: string, value: unknown): unknown {
  return key === 'auth' ? '…' : value;
}

/** The text of the pull Secret's config.json, credentials and all. */
export async function readConfigJson(cluster: ControlPlane): Promise<string> {
  const secret = await cluster.get(`/api/v1/namespaces/${NAMESPACE}/secrets/ci-pull`);
  const { data } = PullSecret.parse(JSON.parse(secret));
  return Buffer.from(data['config.json'], 'base64').toString();
}

async function readBuildkitdToml(cluster: ControlPlane): Promise<string> {
  const configMap = await cluster.get(`/api/v1/namespaces/${NAMESPACE}/configmaps/ci-buildkitd`);
  return BuildkitConfig.parse(JSON.parse(configMap)).data['buildkitd.toml'];
}
