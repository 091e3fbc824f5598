import type { Action } from '../core/plan/action.ts';
import { controllerOf } from '../core/plan/output.ts';
import type { Client } from '../kube/client.ts';
import { KubeError } from '../kube/errors.ts';
import { parseObjectMeta } from '../kube/object.ts';
import { MIRRORAUTHS } from './kinds.ts';
import type { Memory } from './memory.ts';
import type { MirrorAuthItem } from './stores.ts';

/**
 * Whether actions are right only as long as the MirrorAuth is the one that the store shows. Where a
 * watch of it is late, an output that vanished may have gone with its MirrorAuth, and one that seems
 * to be of an earlier MirrorAuth of the name may be of a later one.
 */
export function restOnIdentity(
  actions: readonly Action[],
  { uid }: MirrorAuthItem,
  memory: Memory,
): boolean {
  return actions.some(
    (action) =>
      (action.kind === 'Create' && memory.wasThere(action.target)) ||
      (action.kind === 'Replace' && controllerOf(action.live.ownerReferences)?.uid !== uid),
  );
}

/**
 * Asks the API server itself whether the MirrorAuth is still that object, and not on its way out.
 *
 * @throws KubeError when it cannot be read
 */
export async function isStillThere(
  client: Pick<Client, 'get'>,
  { namespace, name, uid }: MirrorAuthItem,
): Promise<boolean> {
  try {
    const object = await client.get(MIRRORAUTHS, { namespace, name });
    const metadata = parseObjectMeta(object['metadata']);
    return metadata?.uid === uid && metadata.deletionTimestamp === undefined;
  } catch (error) {
    if (error instanceof KubeError && error.kind === 'NotFound') {
      return false;
    }
    throw error;
  }
}
