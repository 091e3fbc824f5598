import { hostOfEndpoint } from '../../../api/registry-host.ts';
import { HUB_KEY } from '../docker-lookup.ts';
import type { Step } from '../explanation.ts';
import type { Scene } from './finder.ts';
import { lookupKey, plainHost } from './keys.ts';

/** What keys were meant for that nothing looks up. */

/** Which host that found nothing a key was meant for. */
export function stepMeantBy({ steps }: Scene): (key: string) => Step | undefined {
  const unmet = steps.filter((step) => isUnmet(step) && lookupKey(step) !== HUB_KEY);
  const byHost = new Map(unmet.map((step) => [plainHost(step.host), step]));
  const labelled = unmet.map((step) => ({ step, labels: step.host.split('.') }));
  return (key) =>
    key.includes('*')
      ? labelled.find(({ labels }) => globMatches(hostOfEndpoint(key).split('.'), labels))?.step
      : byHost.get(plainHost(key));
}

/** `*.corp`, which kubelet takes for harbor.corp: label by label. */
function globMatches(globs: readonly string[], labels: readonly string[]): boolean {
  return (
    globs.length === labels.length &&
    globs.every((glob, index) => glob === '*' || glob === labels[index])
  );
}

/** A step for which nothing stands in the client's files. */
export function isUnmet({ credential: { kind, key } }: Step): boolean {
  return kind === 'Anonymous' && key === undefined;
}
