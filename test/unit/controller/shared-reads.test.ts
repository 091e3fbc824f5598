import { describe, expect, test } from 'vitest';
import { SharedReads } from '../../../src/controller/shared-reads.ts';
import type { Read } from '../../../src/controller/shared-reads.ts';
import { ABSENT, versionOf } from '../../../src/controller/version.ts';
import type { ObjectName } from '../../../src/core/plan/output.ts';
import { KubeError } from '../../../src/kube/errors.ts';
import type { KubeErrorKind } from '../../../src/kube/errors.ts';
import type { JsonObject } from '../../../src/kube/object.ts';
import { RESOURCES } from '../../../src/controller/kinds.ts';

const HUB: ObjectName = { kind: 'Secret', name: 'hub' };
const shown = (resourceVersion: string): string => versionOf({ uid: 'u', resourceVersion });

/** An API server with one Secret, whose answers can be held back. */
class OneSecret {
  resourceVersion = '1';
  failure: KubeErrorKind | undefined;
  reads = 0;
  #gate: Promise<void> = Promise.resolve();

  hold(): () => void {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#gate = promise;
    return resolve;
  }

  async get(): Promise<JsonObject> {
    this.reads += 1;
    const { resourceVersion, failure } = this;
    await this.#gate;
    if (failure !== undefined) {
      throw new KubeError({ verb: 'get', resource: RESOURCES.Secret }, failure);
    }
    return { metadata: { name: 'hub', namespace: 'builds', uid: 'u', resourceVersion } };
  }
}

const versionIn = (read: Read): string | undefined =>
  read.kind === 'Found' ? read.object.metadata.resourceVersion : read.kind;

describe('a read', () => {
  test('is shared by all who need the same state, also while it is under way', async () => {
    const server = new OneSecret();
    const reads = new SharedReads(server);
    const release = server.hold();
    const answers = Promise.all(
      Array.from({ length: 5 }, () => reads.read('builds', HUB, shown('1'))),
    );
    release();
    expect((await answers).map(versionIn)).toEqual(['1', '1', '1', '1', '1']);
    await reads.read('builds', HUB, shown('1'));
    expect(server.reads).toBe(1);
  });

  test('is not shared once the store shows another state', async () => {
    const server = new OneSecret();
    const reads = new SharedReads(server);
    await reads.read('builds', HUB, shown('1'));
    server.resourceVersion = '2';
    expect(versionIn(await reads.read('builds', HUB, shown('2')))).toBe('2');
    expect(server.reads).toBe(2);
  });

  test('that is under way for an older state is not taken for the newer one, and one follows for all', async () => {
    const server = new OneSecret();
    const reads = new SharedReads(server);
    const release = server.hold();
    const older = reads.read('builds', HUB, shown('1'));
    server.resourceVersion = '2';
    const newer = [reads.read('builds', HUB, shown('2')), reads.read('builds', HUB, shown('2'))];
    release();
    expect(versionIn(await older)).toBe('1');
    expect((await Promise.all(newer)).map(versionIn)).toEqual(['2', '2']);
    expect(server.reads).toBe(2);
  });

  test('is not shared while the store shows nothing: absence is asked for each time', async () => {
    const server = new OneSecret();
    server.failure = 'NotFound';
    const reads = new SharedReads(server);
    expect(versionIn(await reads.read('builds', HUB, ABSENT))).toBe('NotFound');
    expect(versionIn(await reads.read('builds', HUB, ABSENT))).toBe('NotFound');
    expect(server.reads).toBe(2);
  });

  test('that is forbidden is an answer, and asked for again', async () => {
    const server = new OneSecret();
    server.failure = 'Forbidden';
    const reads = new SharedReads(server);
    expect(versionIn(await reads.read('builds', HUB, shown('1')))).toBe('AccessDenied');
    server.failure = undefined;
    expect(versionIn(await reads.read('builds', HUB, shown('1')))).toBe('1');
  });

  test('that fails fails for who asked, and the next one asks anew', async () => {
    const server = new OneSecret();
    server.failure = 'ServerError';
    const reads = new SharedReads(server);
    await expect(reads.read('builds', HUB, shown('1'))).rejects.toThrow(KubeError);
    server.failure = undefined;
    expect(versionIn(await reads.read('builds', HUB, shown('1')))).toBe('1');
  });
});

describe('an answer', () => {
  test('is held while somebody needs it and not a moment longer', async () => {
    const reads = new SharedReads(new OneSecret());
    await reads.read('builds', HUB, shown('1'));
    reads.release((id) => id === 'Secret/builds/hub');
    expect(reads.size).toBe(1);
    reads.release(() => false);
    expect(reads.size).toBe(0);
  });
});
