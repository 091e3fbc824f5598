import { Buffer } from 'node:buffer';
import { API_VERSION } from '../../src/api/metadata.ts';
import { MIRRORAUTH_KIND, parseSpec } from '../../src/api/mirrorauth.ts';
import type { MirrorAuthSpec } from '../../src/api/mirrorauth.ts';
import type { Condition, MirrorAuthStatus } from '../../src/api/status.ts';
import {
  asLiveObject,
  asRemembered,
  asSourceConfigMap,
  asSourceSecret,
} from '../../src/controller/kinds.ts';
import type { WholeObject } from '../../src/controller/kinds.ts';
import type { Action } from '../../src/core/plan/action.ts';
import type { Live, Observed, Rival, Source, Subject } from '../../src/core/plan/observed.ts';
import { controllerOf } from '../../src/core/plan/output.ts';
import type { Body, LiveObject, ObjectName } from '../../src/core/plan/output.ts';
import { plan } from '../../src/core/plan/plan.ts';
import type { Parts, Plan } from '../../src/core/plan/plan.ts';
import { objectId, outputsOf, referencesOf } from '../../src/core/plan/references.ts';
import { statusOf } from '../../src/core/plan/status.ts';
import type { KubeErrorKind } from '../../src/kube/errors.ts';
import { aMirrorAuth, aSpec } from './gen.ts';
import { MemoryCluster, Refusal } from './memory-cluster.ts';
import type { Preconditions, Stored } from './memory-cluster.ts';

/** How long a source that was seen may be away before that is reported. */
const GRACE_MS = 10_000;

/** What goes wrong in one reconcile. */
export interface Trouble {
  /** The write of this number, counted from 0, fails so. */
  readonly failedWrite?: { readonly at: number; readonly kind: KubeErrorKind };
  /** The write of this number is carried out, and nobody hears of it. */
  readonly unheardWrite?: { readonly at: number };
  /** The status that should have been stored is not. */
  readonly isStatusLost?: boolean;
  /** What others do between the look and the writes. */
  readonly race?: () => void;
}

export interface Report {
  readonly plan: Plan;
  /** How often the plan asked for content. */
  readonly rounds: number;
  readonly failures: readonly { readonly target: ObjectName; readonly kind: KubeErrorKind }[];
  /** Whether status was stored; it is neither after a failed write nor while something is put off. */
  readonly isTold: boolean;
}

/**
 * One MirrorAuth and its namespace, in memory: reconciles by the real plan, with an interpreter of
 * its actions in the place of the controller. It keeps no contents from one look to the next, so
 * that every plan that needs some has to ask.
 */
export class Bench {
  readonly cluster = new MemoryCluster();
  readonly rivals: Rival[] = [];
  /** Ids of objects that may not be read. */
  readonly denied = new Set<string>();
  readonly contended: ObjectName[] = [];
  name = 'ci';
  uid = 'uid-of-ci';
  generation = 1;
  status: MirrorAuthStatus = { observedGeneration: -1 };
  now = Date.parse('2026-06-01T12:00:00Z');
  #spec: Subject['spec'];
  #seen = new Set<string>();
  #lostAt = new Map<string, number>();

  constructor(spec: MirrorAuthSpec) {
    this.#spec = { valid: aSpec(spec) };
  }

  get spec(): MirrorAuthSpec {
    return 'valid' in this.#spec ? this.#spec.valid : {};
  }

  /** What `kubectl apply` does. What the last looks left behind is forgotten, as the controller does. */
  apply(spec: MirrorAuthSpec): void {
    this.#change({ valid: aSpec(spec) });
  }

  /** As if this version refused what an earlier one had accepted. */
  applyIllegal(spec: unknown): void {
    this.#change(parseSpec(spec));
  }

  /** Deleted and created again under the same name. */
  recreate(): void {
    this.uid = `${this.uid}+`;
    this.generation = 0;
    this.status = { observedGeneration: -1 };
    this.#change(this.#spec);
  }

  /** What the garbage collector does: objects of a controller that is gone go. */
  collectGarbage(): void {
    const alive = new Set([this.uid, ...this.rivals.map(({ uid }) => uid)]);
    for (const stored of this.cluster.list()) {
      const controller = controllerOf(stored.metadata.ownerReferences);
      if (controller?.kind === MIRRORAUTH_KIND && !alive.has(controller.uid)) {
        this.cluster.remove(nameOf(stored));
      }
    }
  }

  wait(ms: number): void {
    this.now += ms;
  }

  /** Plans until nothing more is to be read, and writes nothing. */
  plan(unchanged: Parts = {}): { readonly plan: Plan; readonly rounds: number } {
    let observed = this.observe();
    for (let rounds = 0; rounds < 10; rounds += 1) {
      const planned = plan(observed, unchanged);
      if (planned.kind === 'Plan') {
        return { plan: planned, rounds };
      }
      observed = planned.targets.reduce((so, target) => this.#withContent(so, target), observed);
    }
    throw new Error('the plan asks for content again and again');
  }

  reconcile(trouble: Trouble = {}): Report {
    const { plan: planned, rounds } = this.plan();
    trouble.race?.();
    const failures = new Interpreter(this.cluster, trouble).carryOut(planned.actions);
    const isLost = failures.length > 0 || trouble.isStatusLost === true;
    return { plan: planned, rounds, failures, isTold: !isLost && this.#tell(planned) };
  }

  condition(type: Condition['type']): Condition | undefined {
    return this.status.conditions?.find((condition) => condition.type === type);
  }

  /** The files of an object, in plain text; undefined when there is none. */
  files(target: ObjectName): Readonly<Record<string, string>> | undefined {
    const stored = this.cluster.get(target);
    return stored && filesOf(stored);
  }

  /** What a pull Secret holds: key under `auths` to `user:password`. */
  logins(name: string): Readonly<Record<string, string>> | undefined {
    const text = this.files({ kind: 'Secret', name })?.['.dockerconfigjson'];
    return text === undefined ? undefined : loginsIn(text);
  }

  /** What a look sees. Of outputs and orphans nothing is read yet. */
  observe(): Observed {
    const references = 'valid' in this.#spec ? referencesOf(this.#spec.valid) : undefined;
    const parts = references ? [references.pullSecret, references.buildkitConfig] : [];
    const sources = parts.flatMap((part) => part.sources);
    return {
      subject: this.#subject(),
      secrets: new Map(
        sources
          .filter(({ kind }) => kind === 'Secret')
          .map((target) => [target.name, this.#source(target, asSourceSecret)]),
      ),
      configMaps: new Map(
        sources
          .filter(({ kind }) => kind === 'ConfigMap')
          .map((target) => [target.name, this.#source(target, asSourceConfigMap)]),
      ),
      pullSecret: this.#live(references?.pullSecret.output, unread),
      buildkitConfig: this.#live(references?.buildkitConfig.output, unread),
      rivals: [...this.rivals],
      orphans: this.#children(new Set(references ? outputsOf(references).map(objectId) : [])),
      contended: [...this.contended],
    };
  }

  #change(spec: Subject['spec']): void {
    this.#spec = spec;
    this.generation += 1;
    this.#seen = new Set();
    this.#lostAt = new Map();
  }

  #tell({ findings }: Plan): boolean {
    if (findings.isQuiet && this.status.observedGeneration === this.generation) {
      return false;
    }
    this.status = statusOf(this.#subject(), findings, new Date(this.now)).status;
    return true;
  }

  #subject(): Subject {
    const { name, uid, generation, status } = this;
    return aMirrorAuth(this.#spec, {
      owner: { apiVersion: API_VERSION, kind: MIRRORAUTH_KIND, name, uid },
      generation,
      status,
    });
  }

  #source<T>(target: ObjectName, read: (object: WholeObject) => T): Source<T> {
    const id = objectId(target);
    if (this.denied.has(id)) {
      return { kind: 'AccessDenied' };
    }
    const stored = this.cluster.get(target);
    if (stored !== undefined) {
      this.#seen.add(id);
      this.#lostAt.delete(id);
      return { kind: 'Found', object: read(stored) };
    }
    if (this.#seen.delete(id)) {
      this.#lostAt.set(id, this.now);
    }
    const lostAt = this.#lostAt.get(id) ?? -Infinity;
    return { kind: 'NotFound', justLost: this.now < lostAt + GRACE_MS };
  }

  #live(target: ObjectName | undefined, view: (stored: Stored) => LiveObject): Live {
    if (target !== undefined && this.denied.has(objectId(target))) {
      return { kind: 'AccessDenied' };
    }
    const stored = target && this.cluster.get(target);
    return stored === undefined ? { kind: 'Absent' } : { kind: 'Live', object: view(stored) };
  }

  #children(wanted: ReadonlySet<string>): readonly LiveObject[] {
    return this.cluster
      .list()
      .filter((stored) => controllerOf(stored.metadata.ownerReferences)?.uid === this.uid)
      .filter((stored) => !wanted.has(objectId(nameOf(stored))))
      .map(unreadChild);
  }

  #withContent(observed: Observed, target: ObjectName): Observed {
    const live = this.#live(target, asLiveObject);
    const isOrphan = observed.orphans.some((one) => objectId(one.target) === objectId(target));
    if (isOrphan) {
      const others = observed.orphans.filter((one) => objectId(one.target) !== objectId(target));
      return { ...observed, orphans: live.kind === 'Live' ? [...others, live.object] : others };
    }
    return target.kind === 'Secret'
      ? { ...observed, pullSecret: live }
      : { ...observed, buildkitConfig: live };
  }
}

/** Carries actions out as the controller does (src/controller/apply.ts). */
class Interpreter {
  readonly #cluster: MemoryCluster;
  readonly #trouble: Trouble;
  /** What the writes of this plan left behind. */
  readonly #made = new Map<string, Preconditions>();
  #writes = 0;

  constructor(cluster: MemoryCluster, trouble: Trouble) {
    this.#cluster = cluster;
    this.#trouble = trouble;
  }

  carryOut(actions: readonly Action[]): Report['failures'] {
    const failures: { readonly target: ObjectName; readonly kind: KubeErrorKind }[] = [];
    for (const action of actions) {
      const target = action.kind === 'Delete' ? action.live.target : action.target;
      const after = action.kind === 'Delete' ? action.after : undefined;
      const waits = failures.some((one) => after && objectId(one.target) === objectId(after));
      const kind = waits ? undefined : this.#attempt(action);
      if (kind !== undefined) {
        failures.push({ target, kind });
      }
    }
    return failures;
  }

  #attempt(action: Action): KubeErrorKind | undefined {
    try {
      this.#one(action);
      return undefined;
    } catch (error) {
      if (error instanceof Refusal) {
        return error.kind;
      }
      throw error;
    }
  }

  #one(action: Action): void {
    switch (action.kind) {
      case 'Create':
        this.#create(action.target, action.body);
        return;
      case 'Patch':
        this.#write(() => this.#cluster.patch(action.target, action.body.reveal()));
        this.#note(action.target);
        return;
      case 'Replace':
        this.#delete(action.live);
        this.#create(action.target, action.body);
        return;
      case 'Delete':
        this.#delete(action.live);
    }
  }

  #create(target: ObjectName, body: Body): void {
    this.#write(() => this.#cluster.create(target, body.reveal()));
    this.#note(target);
  }

  #delete(live: LiveObject): void {
    // A write of this very plan may have made a newer version, or another object.
    const { uid, resourceVersion } = this.#made.get(objectId(live.target)) ?? live;
    this.#write(() => {
      if (this.#cluster.get(live.target) !== undefined) {
        this.#cluster.delete(live.target, { uid, resourceVersion });
      }
    });
  }

  #note(target: ObjectName): void {
    const stored = this.#cluster.get(target);
    if (stored !== undefined) {
      this.#made.set(objectId(target), stored.metadata);
    }
  }

  #write(carryOut: () => void): void {
    const at = this.#writes;
    this.#writes += 1;
    if (this.#trouble.failedWrite?.at === at) {
      throw new Refusal(this.#trouble.failedWrite.kind);
    }
    carryOut();
    if (this.#trouble.unheardWrite?.at === at) {
      throw new Refusal('Timeout');
    }
  }
}

/** `user:password` by key of a config.json that mirrorauth wrote. */
export function loginsIn(text: string): Readonly<Record<string, string>> {
  return Object.fromEntries(
    [...text.matchAll(/"([^"]+)":\{"auth":"([^"]*)"/g)].map(([, key = '', auth = '']) => [
      key,
      Buffer.from(auth, 'base64').toString(),
    ]),
  );
}

export function filesOf({ data }: WholeObject): Readonly<Record<string, string>> {
  return Object.fromEntries(
    [...data].map(([key, bytes]) => [key, Buffer.from(bytes.reveal()).toString()]),
  );
}

export function nameOf({ kind, metadata }: WholeObject): ObjectName {
  return { kind, name: metadata.name };
}

function unread(stored: Stored): LiveObject {
  return asRemembered(stored, asLiveObject(stored).data.matches);
}

/** Of an orphan the store knows names and versions and nothing else. */
function unreadChild(stored: Stored): LiveObject {
  return {
    ...unread(stored),
    isImmutable: false,
    labels: {},
    annotations: {},
    ownerReferences: [],
    data: { keys: [], matches: () => false },
    binaryKeys: [],
  };
}
