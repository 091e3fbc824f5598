import { rootSchema } from '../../api/crd.ts';
import type { SchemaNode } from '../../api/crd.ts';
import { MIRRORAUTH_KIND, mirrorAuthSchema } from '../../api/mirrorauth.ts';
import type { MirrorAuthSpec } from '../../api/mirrorauth.ts';
import { readObject } from '../../controller/kinds.ts';
import type { WholeObject } from '../../controller/kinds.ts';
import type { OutputKind } from '../../core/plan/output.ts';
import { isObject, parseObjectMeta } from '../../kube/object.ts';
import type { JsonObject } from '../../kube/object.ts';
import type { Notice, Place } from '../problem.ts';
import { readDataObject } from './data-object.ts';
import { readDocuments } from './documents.ts';
import type { ManifestFile } from './documents.ts';
import { called, identityOf, kindOf, metadataFaults, metadataOf } from './header.ts';
import type { Identity } from './header.ts';
import { objectsOf } from './lists.ts';
import { noticeOf, placeOf } from './located.ts';
import type { Fault, Located, Path } from './located.ts';
import { readSpec } from './mirrorauth.ts';

/**
 * Reads Kubernetes manifests without a cluster: MirrorAuths, Secrets and ConfigMaps, as `kubectl
 * apply` and the API server's strict validation read them. What either would refuse is a problem
 * here, and so is what kubectl would let pass to somebody's surprise (a key that stands twice). One
 * broken document or object never hides another. Pure, and it never throws.
 *
 * No problem holds text of a value or of a parser; names are shown where they are legal names.
 */
export function readManifests(
  files: readonly ManifestFile[],
  options: {
    /** Of objects that say none: kubectl's --namespace. */
    readonly namespace: string;
  },
): Manifests {
  const read = files.map(readDocuments);
  const context = { ...options, schema: rootSchema(mirrorAuthSchema) };
  const readings = read
    .flatMap(({ documents }) => documents)
    .flatMap(objectsOf)
    .map((located) => readOne(located, context));
  const { unique, problems: doubles } = withoutDoubles(readings);
  return {
    mirrorAuths: unique.flatMap(({ mirrorAuth }) => mirrorAuth ?? []),
    secrets: unique.flatMap(({ secret }) => secret ?? []),
    configMaps: unique.flatMap(({ configMap }) => configMap ?? []),
    refused: unique.flatMap(({ identity, problems }) =>
      identity !== undefined && problems.length > 0 ? [identity] : [],
    ),
    others: readings.filter(({ isOther }) => isOther).length,
    hasNameless:
      read.some(({ problems }) => problems.length > 0) ||
      unique.some(({ identity, problems }) => identity === undefined && problems.length > 0),
    problems: inOrder(files, [
      ...read.flatMap(({ problems }) => problems),
      ...unique.flatMap(({ problems }) => problems),
      ...doubles,
    ]),
  };
}

/** As one comes across them reading the files. */
function inOrder(files: readonly ManifestFile[], problems: readonly Notice[]): readonly Notice[] {
  const rank = new Map(files.map(({ file }, index) => [file, index]));
  const rankOf = ({ file }: Notice): number => rank.get(file) ?? 0;
  return problems.toSorted((a, b) => rankOf(a) - rankOf(b) || (a.line ?? 0) - (b.line ?? 0));
}

export interface Manifests {
  readonly mirrorAuths: readonly MirrorAuthManifest[];
  readonly secrets: readonly DataManifest[];
  readonly configMaps: readonly DataManifest[];
  /** Named objects of these kinds that have a problem: whoever misses one has been told why. */
  readonly refused: readonly Identity[];
  /** How many objects of other kinds were left out: people give whole kustomize outputs. */
  readonly others: number;
  readonly problems: readonly Notice[];
  /** Whether something could not be read so far that its name is known. */
  readonly hasNameless: boolean;
}

/** An object in which nothing is wrong. */
export interface Manifest {
  readonly identity: Identity;
  /** Of the object, or of a field below it. */
  readonly placeOf: (path: Path) => Place;
}

export interface MirrorAuthManifest extends Manifest {
  /** As in the file, else a text that no other object has. */
  readonly uid: string;
  /** RFC 3339; undefined unless the file comes from a cluster. */
  readonly creationTimestamp: string | undefined;
  readonly spec: MirrorAuthSpec;
}

/** A Secret or ConfigMap, decoded. */
export interface DataManifest extends Manifest {
  readonly object: WholeObject;
  /** Of the value under this key; of the object where it has none. */
  readonly placeOfKey: (key: string | undefined) => Place;
}

/** An object that was read, whatever became of it. */
interface Reading {
  readonly located: Located;
  readonly isOther?: true;
  readonly identity?: Identity;
  readonly problems: readonly Notice[];
  readonly mirrorAuth?: MirrorAuthManifest;
  readonly secret?: DataManifest;
  readonly configMap?: DataManifest;
}

interface Context {
  readonly namespace: string;
  readonly schema: SchemaNode;
}

function readOne(located: Located, { namespace, schema }: Context): Reading {
  const { value } = located;
  const found = kindOf(value);
  if (found.kind === 'unknown') {
    return { located, problems: [noticeOf(located, undefined, found.fault)] };
  }
  if (found.kind === 'others' || !isObject(value)) {
    return { located, isOther: true, problems: [] };
  }
  const { kind } = found;
  const identity = identityOf(kind, value, namespace);
  const content =
    kind === MIRRORAUTH_KIND ? mirrorAuthOf(value, schema) : dataObjectOf(kind, value);
  const object = identity === undefined ? kind : called(identity);
  const problems = [...metadataFaults(value), ...content.faults].map((fault) =>
    noticeOf(located, object, fault),
  );
  if (identity === undefined) {
    return { located, problems };
  }
  const manifest = { identity, placeOf: (path: Path) => placeOf(located, object, path) };
  const metadata = metadataOf(value, identity);
  return {
    located,
    identity,
    problems,
    ...(problems.length === 0 && content.make(manifest, metadata)),
  };
}

/** What is in an object beside its metadata. */
interface Content {
  readonly faults: readonly Fault[];
  /** To be called when there is no fault, neither here nor in the metadata. */
  readonly make: (manifest: Manifest, metadata: JsonObject) => Partial<Reading>;
}

function mirrorAuthOf(value: JsonObject, schema: SchemaNode): Content {
  const { spec, faults } = readSpec(value, schema);
  return {
    faults,
    make: (manifest, metadata) => {
      const { uid, creationTimestamp } = parseObjectMeta(metadata) ?? {};
      return spec === undefined || uid === undefined
        ? {}
        : { mirrorAuth: { ...manifest, uid, creationTimestamp, spec } };
    },
  };
}

function dataObjectOf(kind: OutputKind, value: JsonObject): Content {
  const { stored, faults } = readDataObject(kind, value);
  return {
    faults,
    make: (manifest, metadata) => ({
      [kind === 'Secret' ? 'secret' : 'configMap']: {
        ...manifest,
        object: readObject(kind, { ...stored, metadata }),
        placeOfKey: (key: string | undefined) => manifest.placeOf(pathOfKey(value, key)),
      },
    }),
  };
}

/** stringData wins over data, as in what is stored. */
function pathOfKey(value: JsonObject, key: string | undefined): Path {
  const field = ['stringData', 'data'].find((name) => {
    const map = value[name];
    return key !== undefined && isObject(map) && Object.hasOwn(map, key);
  });
  return field === undefined || key === undefined ? [] : [field, key];
}

/** The first object of a name counts. */
function withoutDoubles(readings: readonly Reading[]): {
  readonly unique: readonly Reading[];
  readonly problems: readonly Notice[];
} {
  const firsts = new Map<string, Reading>();
  const unique: Reading[] = [];
  const problems: Notice[] = [];
  for (const reading of readings) {
    const { identity, located } = reading;
    const id = identity && called(identity);
    const first = id === undefined ? undefined : firsts.get(id);
    if (first === undefined) {
      unique.push(reading);
    } else {
      const at = placeOf(first.located, id, []);
      const message = `stands already in ${at.file}, line ${String(at.line)}: leave one of the two out`;
      problems.push(noticeOf(located, id, { path: [], message }));
    }
    if (id !== undefined && first === undefined) {
      firsts.set(id, reading);
    }
  }
  return { unique, problems };
}
