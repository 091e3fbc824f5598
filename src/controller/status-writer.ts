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
import { KnownVersion, versionOf } from './version.ts';
import type { View } from './view.ts';

/** Writes status when it differs from what is stored; the only place that writes to a MirrorAuth. */
export class StatusWriter {
  readonly #client: Pick<Client, 'applyStatus'>;

  constructor(client: Pick<Client, 'applyStatus'>) {
    this.#client = client;
  }

  /**
   * The body names the uid, so that a MirrorAuth that was deleted and created again under the same
   * name is not told what was found of the first.
   *
   * @returns whether anything was written
   * @throws KubeError
   */
  async write(view: View, memory: Memory, status: MirrorAuthStatus): Promise<boolean> {
    const { item } = view;
    if (isDeepStrictEqual(withoutUndefined(status), storedStatus(view, memory))) {
      return false;
    }
    const { namespace, name, uid } = item;
    const body = {
      apiVersion: API_VERSION,
      kind: MIRRORAUTH_KIND,
      metadata: { namespace, name, uid },
      status,
    };
    const object = await this.#client.applyStatus(MIRRORAUTHS, { namespace, name }, body, {
      fieldManager: FIELD_MANAGER,
      force: true,
    });
    const metadata = parseObjectMeta(object['metadata']);
    if (metadata !== undefined) {
      const version = memory.status?.version ?? KnownVersion.read(versionOf(item), versionOf(item));
      version.advance(versionOf(metadata), { isOwnWrite: true });
      memory.status = { stored: parseStatus(object['status']), version };
    }
    return true;
  }
}

function withoutUndefined(status: MirrorAuthStatus): unknown {
  return JSON.parse(JSON.stringify(status));
}
