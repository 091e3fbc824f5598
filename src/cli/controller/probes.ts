import type { Controller } from '../../controller/controller.ts';
import type { Pulse } from '../../kube/reflector.ts';

/**
 * What the probes look at. Neither asks whether the API server is up: that this process is started
 * anew would not help it, and everyone would list everything again when it is back.
 */

/** A watch takes a step at least every two minutes, whatever the server does (see Pulse). */
const WATCH_HANGS_MS = 5 * 60_000;
/** Each request has a time of its own; a look makes some dozens of them at most. */
const WORK_HANGS_MS = 15 * 60_000;

/** Why this process should be started anew: something in it hangs. That it answers shows the rest. */
export function whyNotLive(
  { pulses, queueState }: Pick<Controller, 'pulses' | 'queueState'>,
  now: number,
): readonly string[] {
  const hung = pulses().filter(({ steppedAt }) => now - steppedAt > WATCH_HANGS_MS);
  return [
    ...hung.map((pulse) => `the watch of ${nameOf(pulse)} hangs`),
    ...(queueState().longestMs > WORK_HANGS_MS ? ['the work on a MirrorAuth hangs'] : []),
  ];
}

/**
 * What this process does not know yet. One that waits for its turn to lead is as ready as the one that
 * leads: it could take over.
 */
export function whyNotReady({ pulses }: Pick<Controller, 'pulses'>): readonly string[] {
  return pulses()
    .filter(({ isSynced }) => !isSynced)
    .map((pulse) => `${nameOf(pulse)} are not listed yet`);
}

function nameOf({ resource, namespace }: Pulse): string {
  return namespace === '' ? resource : `${resource} in ${namespace}`;
}
