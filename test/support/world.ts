import { randomUUID } from 'node:crypto';
import { parseStatus } from '../../src/api/mirrorauth.ts';
import type { Condition, MirrorAuthStatus } from '../../src/api/status.ts';
import { EVENTS, MIRRORAUTHS, RESOURCES } from '../../src/controller/kinds.ts';
import type { Client } from '../../src/kube/client.ts';
import { KubeError } from '../../src/kube/errors.ts';
import { isObject, parseObjectMeta } from '../../src/kube/object.ts';
import type { JsonObject, ObjectMeta } from '../../src/kube/object.ts';
import type { Resource } from '../../src/kube/resource.ts';
import type { ControlPlaneClient } from '../../testbed/control-plane/client.ts';
import { eventually } from '../../testbed/eventually.ts';
import { adminClient } from './operator.ts';

export const { Secret: SECRETS, ConfigMap: CONFIG_MAPS } = RESOURCES;
export { MIRRORAUTHS };

const MANAGER = { fieldManager: 'test-admin' };

/** One namespace of a real cluster, seen and changed with an administrator's rights. */
export class World {
  readonly namespace: string;
  readonly #cluster: ControlPlaneClient;
  readonly #client: Client;
  readonly #close: () => Promise<void>;

  private constructor(
    cluster: ControlPlaneClient,
    namespace: string,
    admin: Awaited<ReturnType<typeof adminClient>>,
  ) {
    this.#cluster = cluster;
    this.namespace = namespace;
    this.#client = admin.client;
    this.#close = admin.close;
  }

  /** @param name what the namespace's name begins with */
  static async create(cluster: ControlPlaneClient, name: string): Promise<World> {
    const namespace = `${name}-${randomUUID().slice(0, 8)}`;
    await cluster.expectKubectl(['create', 'namespace', namespace]);
    return new World(cluster, namespace, await adminClient(cluster));
  }

  close(): Promise<void> {
    return this.#close();
  }

  /** `kubectl` in this namespace; fails when it fails. */
  kubectl(args: readonly string[], input?: unknown): Promise<string> {
    return this.#cluster.expectKubectl(
      [`--namespace=${this.namespace}`, ...args],
      input === undefined ? {} : { input: JSON.stringify(input) },
    );
  }

  /** The object, or undefined when there is none. */
  async get(resource: Resource, name: string): Promise<JsonObject | undefined> {
    try {
      return await this.#client.get(resource, { namespace: this.namespace, name });
    } catch (error) {
      if (error instanceof KubeError && error.kind === 'NotFound') {
        return undefined;
      }
      throw error;
    }
  }

  async metadata(resource: Resource, name: string): Promise<ObjectMeta | undefined> {
    return parseObjectMeta((await this.get(resource, name))?.['metadata']);
  }

  /** resourceVersion, or undefined when there is no such object. */
  async version(resource: Resource, name: string): Promise<string | undefined> {
    return (await this.metadata(resource, name))?.resourceVersion;
  }

  create(resource: Resource, name: string, body: JsonObject): Promise<JsonObject> {
    const metadata = isObject(body['metadata']) ? body['metadata'] : {};
    return this.#client.create(
      resource,
      this.namespace,
      {
        apiVersion: resource.group === '' ? 'v1' : `${resource.group}/${resource.version}`,
        kind: resource.kind,
        ...body,
        metadata: { ...metadata, name },
      },
      MANAGER,
    );
  }

  patch(resource: Resource, name: string, body: JsonObject): Promise<JsonObject> {
    return this.#client.mergePatch(resource, { namespace: this.namespace, name }, body, MANAGER);
  }

  async delete(resource: Resource, name: string): Promise<void> {
    const metadata = await this.metadata(resource, name);
    if (metadata !== undefined) {
      await this.#client.delete(resource, metadata, metadata);
    }
  }

  /** A MirrorAuth with exactly this spec, as `kubectl apply --server-side` leaves it. */
  async apply(name: string, spec: JsonObject): Promise<void> {
    await this.kubectl(['apply', '--server-side', '--force-conflicts', '--filename=-'], {
      apiVersion: 'mirrorauth.dev/v1alpha1',
      kind: 'MirrorAuth',
      metadata: { name, namespace: this.namespace },
      spec,
    });
  }

  /** A basic-auth Secret. */
  login(name: string, username: string, password: string): Promise<JsonObject> {
    return this.create(SECRETS, name, {
      type: 'kubernetes.io/basic-auth',
      stringData: { username, password },
    });
  }

  rotate(name: string, password: string): Promise<JsonObject> {
    return this.patch(SECRETS, name, { stringData: { password } });
  }

  /** `user:password` by key of `auths`, of the pull Secret of that name; undefined without one. */
  async logins(name: string): Promise<Readonly<Record<string, string>> | undefined> {
    const files = await this.files(SECRETS, name);
    if (files === undefined) {
      return undefined;
    }
    const config: unknown = JSON.parse(files['.dockerconfigjson'] ?? '{}');
    const auths = isObject(config) && isObject(config['auths']) ? config['auths'] : {};
    return Object.fromEntries(
      Object.entries(auths).map(([key, entry]) => {
        const auth = isObject(entry) && typeof entry['auth'] === 'string' ? entry['auth'] : '';
        return [key, Buffer.from(auth, 'base64').toString()];
      }),
    );
  }

  /** `data`, as text. */
  async files(
    resource: Resource,
    name: string,
  ): Promise<Readonly<Record<string, string>> | undefined> {
    const data = (await this.get(resource, name))?.['data'];
    const encoding = resource === SECRETS ? 'base64' : 'utf8';
    return isObject(data)
      ? Object.fromEntries(
          Object.entries(data).map(([key, text]) => [
            key,
            Buffer.from(String(text), encoding).toString(),
          ]),
        )
      : undefined;
  }

  async status(name: string): Promise<MirrorAuthStatus> {
    return parseStatus((await this.get(MIRRORAUTHS, name))?.['status']);
  }

  /** Waits until status speaks of the present spec and Ready has this reason; returns the status. */
  async ready(name: string, reason = 'Synced', deadlineMs = 30_000): Promise<MirrorAuthStatus> {
    return eventually(
      async () => {
        const object = (await this.get(MIRRORAUTHS, name)) ?? {};
        const status = parseStatus(object['status']);
        const generation = parseObjectMeta(object['metadata'])?.generation;
        if (
          status.observedGeneration !== generation ||
          !saidBy(status, 'Ready').startsWith(reason)
        ) {
          throw new Error(`Ready is ${saidBy(status, 'Ready')}`);
        }
        return status;
      },
      { describe: `MirrorAuth ${name} to be ${reason}`, deadlineMs },
    );
  }

  /** Waits until `look` gives what `isRight` accepts; returns it. */
  until<T>(describe: string, look: () => Promise<T>, isRight: (found: T) => boolean): Promise<T> {
    return eventually(
      async () => {
        const found = await look();
        if (!isRight(found)) {
          throw new Error(JSON.stringify(found));
        }
        return found;
      },
      { describe, deadlineMs: 30_000 },
    );
  }

  /** `type reason: note` of each event on a MirrorAuth. */
  async events(name: string): Promise<readonly string[]> {
    const { items } = await this.#client.list(
      { resource: EVENTS, scope: { namespace: this.namespace }, metadataOnly: false },
      { limit: 500, signal: AbortSignal.timeout(10_000) },
    );
    return items
      .filter(({ regarding }) => isObject(regarding) && regarding['name'] === name)
      .map(({ type, reason, note }) => `${String(type)} ${String(reason)}: ${String(note)}`);
  }
}

export function conditionOf(status: MirrorAuthStatus, type: string): Condition | undefined {
  return status.conditions?.find((condition) => condition.type === type);
}

/** `reason: message` of a condition. */
export function saidBy(status: MirrorAuthStatus, type: string): string {
  const condition = conditionOf(status, type);
  return `${condition?.reason ?? 'absent'}: ${condition?.message ?? ''}`;
}

/** A registry with the login of a Secret of its own. */
export const own = (host: string, secret: string, more: JsonObject = {}): JsonObject => ({
  host,
  credentials: { type: 'SecretRef', secretRef: { name: secret } },
  ...more,
});

/** A registry that is given the login of another. */
export const duplicate = (host: string, of: string, more: JsonObject = {}): JsonObject => ({
  host,
  credentials: { type: 'DuplicateOf', duplicateOf: of },
  ...more,
});
