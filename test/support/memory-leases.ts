import type { Client } from '../../src/kube/client.ts';
import { KubeError } from '../../src/kube/errors.ts';
import type { KubeErrorKind } from '../../src/kube/errors.ts';
import { LEASES } from '../../src/kube/lease.ts';
import { isObject } from '../../src/kube/object.ts';
import type { JsonObject } from '../../src/kube/object.ts';

type LeaseClient = Pick<Client, 'get' | 'create' | 'update'>;
type Fault = 'none' | 'refuse' | 'hang' | 'lose the answer' | 'answer late';

/** One candidate's way to the server. */
export interface Link {
  readonly client: LeaseClient;
  fault: Fault;
  /** Lets the answers come that are late. */
  deliver: () => void;
}

const ON = { namespace: 'n', name: 'l' };

/** One Lease, kept as an API server does: each write needs the present resourceVersion. */
export class MemoryLeases {
  #lease: JsonObject | undefined;
  #version = 0;
  /** Which call, by whom: `get a`. */
  readonly calls: string[] = [];

  /** `spec` of the Lease. */
  get spec(): JsonObject | undefined {
    const spec = this.#lease?.['spec'];
    return isObject(spec) ? spec : undefined;
  }

  /** Changes the Lease as somebody with kubectl would. */
  edit(spec: JsonObject): void {
    this.#store({ ...this.#lease, spec: { ...this.spec, ...spec } });
  }

  remove(): void {
    this.#lease = undefined;
  }

  /** A client of its own for each candidate, with the faults of its own way to the server. */
  client(name: string): Link {
    const link: Link = {
      fault: 'none',
      deliver: () => {},
      client: {
        get: (_resource, _ref, options) =>
          this.#call(`get ${name}`, link, options?.signal, () => this.#get()),
        create: (_resource, _namespace, body, { signal }) =>
          this.#call(`create ${name}`, link, signal, () => this.#create(body)),
        update: (_resource, _ref, body, { signal }) =>
          this.#call(`update ${name}`, link, signal, () => this.#update(body)),
      },
    };
    return link;
  }

  async #call(
    call: string,
    link: Link,
    signal: AbortSignal | undefined,
    carryOut: () => JsonObject,
  ): Promise<JsonObject> {
    this.calls.push(call);
    switch (link.fault) {
      case 'none':
        return carryOut();
      case 'refuse':
        throw failure('ServerError');
      case 'lose the answer':
        carryOut();
        return hang(signal);
      case 'answer late': {
        const answer = carryOut();
        return new Promise((resolve) => (link.deliver = () => resolve(answer)));
      }
      case 'hang':
        return hang(signal);
    }
  }

  #get(): JsonObject {
    if (this.#lease === undefined) {
      throw failure('NotFound');
    }
    return this.#lease;
  }

  #create(body: JsonObject): JsonObject {
    if (this.#lease !== undefined) {
      throw failure('AlreadyExists');
    }
    return this.#store(body);
  }

  #update(body: JsonObject): JsonObject {
    if (this.#lease === undefined) {
      throw failure('NotFound');
    }
    const { metadata } = body;
    if (!isObject(metadata) || metadata['resourceVersion'] !== String(this.#version)) {
      throw failure('Conflict');
    }
    return this.#store(body);
  }

  #store(object: JsonObject): JsonObject {
    this.#version += 1;
    const metadata = isObject(object['metadata']) ? object['metadata'] : {};
    this.#lease = { ...object, metadata: { ...metadata, resourceVersion: String(this.#version) } };
    return this.#lease;
  }
}

function failure(kind: KubeErrorKind): KubeError {
  return new KubeError({ verb: 'update', resource: LEASES, on: ON }, kind);
}

function hang(signal: AbortSignal | undefined): Promise<never> {
  return new Promise((_resolve, reject) => {
    signal?.addEventListener('abort', () => reject(failure('Timeout')));
  });
}
