import { API_VERSION } from '../api/metadata.ts';
import { MIRRORAUTH_KIND } from '../api/mirrorauth.ts';
import type {
  Live,
  Observed,
  Rival,
  Source,
  SourceConfigMap,
  Subject,
} from '../core/plan/observed.ts';
import type { LiveObject, ObjectName } from '../core/plan/output.ts';
import { objectId, outputsOf } from '../core/plan/references.ts';
import type { Parts } from '../core/plan/plan.ts';
import type { SourceSecret } from '../core/docker/source-credential.ts';
import type { Clock } from '../kube/clock.ts';
import { KubeError } from '../kube/errors.ts';
import type { Fingerprints } from './fingerprint.ts';
import { asLiveObject, asRemembered, asSourceConfigMap, asSourceSecret } from './kinds.ts';
import type { WholeObject } from './kinds.ts';
import type { Memory, StoredStatus } from './memory.ts';
import type { Read, SharedReads } from './shared-reads.ts';
import type { MirrorAuthItem } from './stores.ts';
import { ABSENT, versionOf } from './version.ts';
import type { Child, View } from './view.ts';

/**
 * Reads what a plan needs and what is not known yet. The stores' word is taken for what changed,
 * never for what an object holds.
 */
export class Observer {
  readonly #reads: SharedReads;
  readonly #fingerprints: Fingerprints;
  readonly #clock: Clock;

  constructor(reads: SharedReads, fingerprints: Fingerprints, clock: Clock) {
    this.#reads = reads;
    this.#fingerprints = fingerprints;
    this.#clock = clock;
  }

  async observe(
    view: View,
    memory: Memory,
    { subject, affected, contended }: Scope,
  ): Promise<Sight> {
    const { failure, ...sources } = await this.#readSources(view, memory, affected);
    const outputOf = (part: keyof Parts): Promise<Live> =>
      this.#observeOutput(
        view,
        memory,
        affected.includes(part) ? view.item.references[part].output : undefined,
      );
    return {
      failure,
      observed: {
        subject,
        ...sources,
        pullSecret: await outputOf('pullSecret'),
        buildkitConfig: await outputOf('buildkitConfig'),
        rivals: view.rivals.map(rivalOf),
        orphans: orphansOf(view, memory),
        contended,
      },
    };
  }

  /** The same snapshot with the content of these outputs or orphans. */
  async withContent(
    observed: Observed,
    { view, memory }: { readonly view: View; readonly memory: Memory },
    targets: readonly ObjectName[],
  ): Promise<Observed> {
    const wanted = new Set(outputsOf(view.item.references).map(objectId));
    let result = observed;
    for (const target of targets) {
      const live = await this.#readOutput(view, memory, target);
      result = wanted.has(objectId(target))
        ? withOutput(result, target, live)
        : withOrphan(result, target, live);
    }
    return result;
  }

  async #readSources(
    view: View,
    memory: Memory,
    affected: readonly (keyof Parts)[],
  ): Promise<Sources> {
    const names = affected.flatMap((part) => view.item.references[part].sources);
    let failure: KubeError | undefined;
    const secrets = new Map<string, Source<SourceSecret>>();
    const configMaps = new Map<string, Source<SourceConfigMap>>();
    for (const name of new Map(names.map((one) => [objectId(one), one])).values()) {
      const read = await this.#readSource(view, memory, name).catch((error: unknown) => {
        if (!(error instanceof KubeError)) {
          throw error;
        }
        failure = error;
        // As if it had gone a moment ago: what is there stays, and what has to go goes.
        return { kind: 'NotFound', justLost: true } as const;
      });
      if (name.kind === 'Secret') {
        secrets.set(name.name, mapSource(read, asSourceSecret));
      } else {
        configMaps.set(name.name, mapSource(read, asSourceConfigMap));
      }
    }
    return { secrets, configMaps, failure };
  }

  async #readSource(view: View, memory: Memory, name: ObjectName): Promise<Source<WholeObject>> {
    const shown = view.shown(name);
    const read = await this.#read(view, memory, name);
    const before = memory.known(name)?.version ?? ABSENT;
    if (read.kind === 'AccessDenied') {
      memory.forget(name);
      return read;
    }
    if (read.kind === 'Found') {
      memory.noteFound(name);
      memory.noteRead(name, { version: versionOf(read.object.metadata), shown });
      return read;
    }
    const now = this.#clock.now();
    if (before !== ABSENT) {
      memory.noteLost(name, now);
    }
    memory.noteRead(name, { version: ABSENT, shown });
    return { kind: 'NotFound', justLost: memory.isJustLost(name, now) };
  }

  async #observeOutput(view: View, memory: Memory, name: ObjectName | undefined): Promise<Live> {
    if (name === undefined) {
      return { kind: 'Absent' };
    }
    const shown = view.shown(name);
    const remembered = memory.live(name, shown);
    if (remembered !== undefined) {
      return { kind: 'Live', object: remembered };
    }
    const known = memory.known(name);
    // A POST finds out by itself whether the store's "absent" is true.
    return shown === ABSENT &&
      (known === undefined || known.version === ABSENT) &&
      !memory.mustRead(name)
      ? { kind: 'Absent' }
      : this.#readOutput(view, memory, name);
  }

  async #readOutput(view: View, memory: Memory, name: ObjectName): Promise<Live> {
    const shown = view.shown(name);
    const read = await this.#read(view, memory, name);
    switch (read.kind) {
      case 'AccessDenied':
        memory.forget(name);
        return read;
      case 'NotFound':
        memory.noteRead(name, { version: ABSENT, shown });
        return { kind: 'Absent' };
      case 'Found': {
        const { object } = read;
        memory.noteRead(name, {
          version: versionOf(object.metadata),
          shown,
          live: asRemembered(object, this.#fingerprints.matcher(object.data)),
        });
        return { kind: 'Live', object: asLiveObject(object) };
      }
    }
  }

  async #read(view: View, memory: Memory, name: ObjectName): Promise<Read> {
    const shown = view.shown(name);
    try {
      return await this.#reads.read(view.item.namespace, name, shown);
    } catch (error) {
      memory.noteRefused(name, shown);
      throw error;
    }
  }
}

/** A snapshot, and why a source could not be read, if one could not: the look is to be repeated. */
export interface Sight {
  readonly observed: Observed;
  readonly failure: KubeError | undefined;
}

interface Sources extends Pick<Observed, 'secrets' | 'configMaps'> {
  readonly failure: KubeError | undefined;
}

export interface Scope {
  readonly subject: Subject;
  /** The parts of the plan that are made anew; of the others nothing is read. */
  readonly affected: readonly (keyof Parts)[];
  readonly contended: readonly ObjectName[];
}

/** Status as it is stored: ours, until the store has caught up with our last write of it. */
export function storedStatus({ item }: View, memory: Memory): StoredStatus {
  const { status, resourceVersion } = item;
  return memory.unechoedStatus(versionOf(item)) ?? { status, resourceVersion };
}

export function subjectOf(view: View, memory: Memory): Subject {
  const { item } = view;
  return {
    owner: { apiVersion: API_VERSION, kind: MIRRORAUTH_KIND, name: item.name, uid: item.uid },
    namespace: item.namespace,
    generation: item.generation,
    creationTimestamp: item.creationTimestamp,
    spec: item.spec,
    status: storedStatus(view, memory).status,
    ...(item.reconcileRequest !== undefined && { reconcileRequest: item.reconcileRequest }),
  };
}

function rivalOf({
  name,
  uid,
  creationTimestamp,
  isTerminating,
  references,
}: MirrorAuthItem): Rival {
  return { name, uid, creationTimestamp, wants: isTerminating ? [] : outputsOf(references) };
}

/** Children that spec does not ask for, but those that are known to be gone. */
function orphansOf({ item, children, shown }: View, memory: Memory): readonly LiveObject[] {
  const wanted = new Set(outputsOf(item.references).map(objectId));
  return children.flatMap(({ name, item: child }) => {
    const known = memory.known(name);
    const isGone = known?.see(shown(name)) === 'behind' && known.version === ABSENT;
    return wanted.has(objectId(name)) || isGone ? [] : [unreadOrphan({ name, item: child })];
  });
}

function unreadOrphan({ name, item }: Child): LiveObject {
  return {
    target: name,
    uid: item.uid,
    resourceVersion: item.resourceVersion,
    isTerminating: item.isTerminating,
    isImmutable: false,
    labels: {},
    annotations: {},
    ownerReferences: [],
    data: { keys: [], matches: () => false },
    binaryKeys: [],
  };
}

function withOutput(observed: Observed, { kind }: ObjectName, live: Live): Observed {
  return kind === 'Secret'
    ? { ...observed, pullSecret: live }
    : { ...observed, buildkitConfig: live };
}

function withOrphan(observed: Observed, target: ObjectName, live: Live): Observed {
  const id = objectId(target);
  return {
    ...observed,
    orphans: observed.orphans.flatMap((orphan) => {
      if (objectId(orphan.target) !== id) {
        return [orphan];
      }
      switch (live.kind) {
        case 'Live':
          return [live.object];
        case 'Absent':
          return [];
        case 'AccessDenied':
          return [unreadable(orphan)];
      }
    }),
  };
}

/** What may not be read cannot be narrowed, but it can still be deleted. */
function unreadable(orphan: LiveObject): LiveObject {
  return { ...orphan, data: { keys: [], matches: () => true, content: new Map() } };
}

function mapSource<T>(source: Source<WholeObject>, map: (object: WholeObject) => T): Source<T> {
  return source.kind === 'Found' ? { kind: 'Found', object: map(source.object) } : source;
}
