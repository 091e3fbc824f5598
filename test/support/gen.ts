import { API_VERSION } from '../../src/api/metadata.ts';
import { MIRRORAUTH_KIND, parseSpec } from '../../src/api/mirrorauth.ts';
import type { MirrorAuthSpec } from '../../src/api/mirrorauth.ts';
import { asLiveObject } from '../../src/controller/kinds.ts';
import type { Subject } from '../../src/core/plan/observed.ts';
import type { LiveObject, ObjectName, OwnerReference } from '../../src/core/plan/output.ts';
import type { JsonObject } from '../../src/kube/object.ts';
import { MemoryCluster } from './memory-cluster.ts';
import { base64, configJson } from './secrets.ts';

/** Builders of the objects that tests speak of, each with what matters to no test filled in. */

export const secretNamed = (name: string): ObjectName => ({ kind: 'Secret', name });
export const configMapNamed = (name: string): ObjectName => ({ kind: 'ConfigMap', name });

/** A spec that the API server would store. */
export function aSpec(spec: MirrorAuthSpec): MirrorAuthSpec {
  const parsed = parseSpec(spec);
  if ('issues' in parsed) {
    throw new TypeError(parsed.issues.join('; '));
  }
  return parsed.valid;
}

type Texts = Readonly<Record<string, string>>;

export interface Meta {
  readonly labels?: Texts;
  readonly annotations?: Texts;
  readonly ownerReferences?: readonly OwnerReference[];
  readonly deletionTimestamp?: string;
}

/** A Secret as somebody would write it, `data` in plain text. */
export const aSecret = (type: string, data: Texts, metadata: Meta = {}): JsonObject => ({
  type,
  metadata,
  data: Object.fromEntries(Object.entries(data).map(([key, text]) => [key, base64(text)])),
});

/** A Secret of type kubernetes.io/dockerconfigjson: key under `auths` to `user:password`. */
export const aDockerConfig = (logins: Texts, metadata: Meta = {}): JsonObject =>
  aSecret(
    'kubernetes.io/dockerconfigjson',
    {
      '.dockerconfigjson': configJson(
        Object.fromEntries(
          Object.entries(logins).map(([key, login]) => [key, { auth: base64(login) }]),
        ),
      ),
    },
    metadata,
  );

export const aConfigMap = (data: Texts, metadata: Meta = {}): JsonObject => ({ metadata, data });

/** A reference to a MirrorAuth that controls the object. */
export const controlledBy = (name: string, uid: string): OwnerReference => ({
  apiVersion: API_VERSION,
  kind: MIRRORAUTH_KIND,
  name,
  uid,
  controller: true,
});

/** A reference to somebody else's Deployment. */
export const aDeployment = (controller: boolean): OwnerReference => ({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  name: 'web',
  uid: 'uid-of-web',
  controller,
  blockOwnerDeletion: false,
});

/** Consent to be taken over by the MirrorAuth of this name. */
export const consentTo = (name: string): Texts => ({
  'mirrorauth.dev/adopt': `MirrorAuth/${name}`,
});

/** How an output or an orphan is seen once it was read. */
export function aLive(target: ObjectName, object: JsonObject): LiveObject {
  const cluster = new MemoryCluster();
  cluster.put(target, object);
  const stored = cluster.get(target);
  if (stored === undefined) {
    throw new Error('what was put is not there');
  }
  return asLiveObject(stored);
}

/** MirrorAuth ci of namespace builds. */
export const aMirrorAuth = (spec: Subject['spec'], more: Partial<Subject> = {}): Subject => ({
  owner: { apiVersion: API_VERSION, kind: MIRRORAUTH_KIND, name: 'ci', uid: 'uid-of-ci' },
  namespace: 'builds',
  generation: 1,
  creationTimestamp: '2026-01-02T00:00:00Z',
  spec,
  status: { observedGeneration: -1 },
  ...more,
});
