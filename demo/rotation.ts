import { z } from 'zod';
import type { AuditEvent } from '../testbed/audit-log.ts';
import { eventually } from '../testbed/eventually.ts';
import { httpGet } from '../testbed/http-get.ts';
import { claim } from './claim.ts';
import { readConfigJson } from './outputs.ts';
import { line, table } from './page.ts';
import { LOGIN, NAMESPACE } from './setting.ts';
import type { Setting } from './setting.ts';

const OPERATOR = 'system:serviceaccount:mirrorauth-system:mirrorauth';
const NEW_AUTH = Buffer.from(`${LOGIN.user}:${LOGIN.nextPassword}`).toString('base64');

const DockerConfig = z.object({ auths: z.record(z.string(), z.object({ auth: z.string() })) });

/** Patches the Secret origin-login, and shows by the API server's audit log what followed from it. */
export async function rotateSecret(setting: Setting): Promise<void> {
  const { cluster, operator } = setting;
  const since = await cluster.auditMark();
  line("By the API server's audit log, from the patch of origin-login on:");
  await cluster.expectKubectl([
    'patch',
    'secret',
    'origin-login',
    `--namespace=${NAMESPACE}`,
    `--patch=${JSON.stringify({ stringData: { password: LOGIN.nextPassword } })}`,
  ]);
  await eventually(() => expectNewLogins(setting), {
    describe: 'the pull Secret to have the new password for both hosts',
    signal: operator.died,
  });
  const events = await cluster.auditEvents({ namespace: NAMESPACE, resource: 'secrets', since });
  showTimes(events);
}

async function expectNewLogins({ cluster, origin, mirror }: Setting): Promise<void> {
  const { auths } = DockerConfig.parse(JSON.parse(await readConfigJson(cluster)));
  for (const { host } of [origin, mirror]) {
    if (auths[host]?.auth !== NEW_AUTH) throw new Error(`the login for ${host} is not the new one`);
  }
}

/** Claims that neither registry lets the user in with the password of before. */
export async function claimOldPasswordRefused({ origin, mirror }: Setting): Promise<void> {
  const oldLogin = Buffer.from(`${LOGIN.user}:${LOGIN.password}`).toString('base64');
  const headers = { authorization: `Basic ${oldLogin}` };
  for (const { host, url } of [origin, mirror]) {
    const { status } = await httpGet(`${url}/v2/`, { headers });
    claim(status === 401, `${host} refuses the old password`, `It answered ${status}.`);
  }
}

/** Times are the API server's, from the answer to the patch on. */
function showTimes(events: readonly AuditEvent[]): void {
  const rotation = events.find(({ user, verb }) => user !== OPERATOR && verb === 'patch');
  const [read, write, ...more] = events.filter(
    ({ user, verb }) => user === OPERATOR && verb !== 'list' && verb !== 'watch',
  );
  claim(
    rotation !== undefined &&
      read?.verb === 'get' &&
      write?.verb === 'patch' &&
      write.name === 'ci-pull' &&
      more.length === 0,
    'the operator reads one Secret and writes one Secret',
    events.map(({ user, verb, name }) => `${user} ${verb} ${name}`).join('\n'),
  );
  const since = ({ time }: AuditEvent): string => {
    const ms = Math.max(0, time.getTime() - rotation.time.getTime());
    return `+${ms} ms`;
  };
  table([
    [since(rotation), 'admin', `patch  ${rotation.name}`],
    [since(read), 'mirrorauth', `get    ${read.name}`],
    [since(write), 'mirrorauth', `patch  ${write.name}, both logins at once`],
  ]);
}
