import { isDeepStrictEqual } from 'node:util';
import { API_VERSION } from '../api/metadata.ts';
import { MIRRORAUTH_KIND, parseStatus } from '../api/mirrorauth.ts';
import type { MirrorAuthStatus } from '../api/status.ts';
import type { Client } from '../kube/client.ts';
import { parseObjectMeta } from '../kube/object.ts';
import { FIELD_MANAGER } from './apply.ts';
import { MIRRORAUTHS } from './kinds.ts';
import type { Memory } from './memory.ts';
import { storedStatus } from './observe.ts';
import { versionOf } from './version.ts';
import type { View } from './view.ts';

/** Writes status when it differs from what is stored; the only place that writes to a MirrorAuth. */
export class StatusWriter {
  readonly #client: Pick<Client, 'applyStatus'>;

  constructor(client: Pick<Client, 'applyStatus'>) {
    this.#client = client;
  }

  /**
   * The body names the resourceVersion, so that a MirrorAuth that was deleted and created again under
   * the same name is not told what was found of the first. (A uid would not do: the API server
   * ignores it in an apply to `/status`; tried on 1.37.)
   *
   * @returns whether anything was written
   * @throws KubeError
   */
  async write(view: View, memory: Memory, status: MirrorAuthStatus): Promise<boolean> {
    const { item } = view;
    const stored = storedStatus(view, memory);
    if (isDeepStrictEqual(withoutUndefined(status), stored.status)) {
      memory.noteStatusFine(versionOf(item), stored);
      return false;
    }
    const { namespace, name } = item;
    const { resourceVersion } = stored;
    const body = {
      apiVersion: API_VERSION,
      kind: MIRRORAUTH_KIND,
      metadata: { namespace, name, resourceVersion },
      status,
    };
    const object = await this.#client.applyStatus(MIRRORAUTHS, { namespace, name }, body, {
      fieldManager: FIELD_MANAGER,
      force: true,
    });
    const metadata = parseObjectMeta(object['metadata']);
    if (metadata !== undefined) {
      memory.noteStatus(
        { status: parseStatus(object['status']), resourceVersion: metadata.resourceVersion },
        { version: versionOf(metadata), shown: versionOf(item) },
      );
    }
    return true;
  }
}

function withoutUndefined(status: MirrorAuthStatus): unknown {
  return JSON.parse(JSON.stringify(status));
}
