import { setTimeout as sleep } from 'node:timers/promises';
import type { AuditEvent, AuditMark } from '../testbed/audit-log.ts';
import type { Setting } from './setting.ts';

/** What the operator asked of the API server since a mark, watches and its Lease left out. */
export async function requestsSince(
  { cluster, user }: Setting,
  since: AuditMark,
): Promise<readonly AuditEvent[]> {
  const events = await cluster.auditEvents({ user, since });
  return events.filter(
    ({ stage, verb, resource }) =>
      stage === 'ResponseComplete' && verb !== 'watch' && resource !== 'leases',
  );
}

/** How long nothing may be asked before the operator counts as done. */
const STILL_MS = 2_000;

/** The same, once nothing more comes. */
export async function allRequestsSince(
  setting: Setting,
  since: AuditMark,
): Promise<readonly AuditEvent[]> {
  for (let before = -1; ;) {
    const requests = await requestsSince(setting, since);
    if (requests.length === before) {
      return requests;
    }
    before = requests.length;
    await sleep(STILL_MS);
  }
}

/** `patch mirrorauths/ci/status`. */
export function nameOfCall({ verb, resource, name, subresource }: AuditEvent): string {
  return `${verb} ${[resource, name, subresource].filter((part) => part !== undefined).join('/')}`;
}
