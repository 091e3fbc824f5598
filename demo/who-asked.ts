import { isFromBuildkitd } from '../testbed/registry/log.ts';
import type { RegistryRequest } from '../testbed/registry/log.ts';

/** Requests that one asker made to one registry as one user, and that were answered alike. */
export interface Asked {
  readonly by: 'buildkitd' | 'the mirror';
  /** A user's name, or `nobody`. */
  readonly as: string;
  /** `manifest x2, blob x3`: how many requests for what. */
  readonly what: string;
  readonly status: number;
}

/**
 * Who asked a registry for images, and as whom. A refusal that only made the asker show its
 * credential is left out: that is how every login over HTTP begins.
 */
export function whoAsked(requests: readonly RegistryRequest[]): readonly Asked[] {
  const served = new Set(requests.filter(isServed).map(askerOf));
  const told = requests.filter(
    (request) =>
      kindOf(request) !== undefined &&
      !(request.credential === 'none' && request.status === 401 && served.has(askerOf(request))),
  );
  return [...Map.groupBy(told, rowOf).values()].flatMap((alike) => {
    const [first] = alike;
    return first === undefined ? [] : [summaryOf(first, alike)];
  });
}

function summaryOf(first: RegistryRequest, alike: readonly RegistryRequest[]): Asked {
  const kinds = Map.groupBy(alike, kindOf);
  return {
    by: askerOf(first),
    as: first.user ?? 'nobody',
    what: [...kinds].map(([kind, { length }]) => `${kind} x${length}`).join(', '),
    status: first.status,
  };
}

function rowOf(request: RegistryRequest): string {
  return `${askerOf(request)} ${request.user} ${request.status}`;
}

function isServed({ status }: RegistryRequest): boolean {
  return status < 400;
}

/** Nobody but these two asks the registries of the demo. */
function askerOf(request: RegistryRequest): Asked['by'] {
  return isFromBuildkitd(request) ? 'buildkitd' : 'the mirror';
}

/** `manifest` for `/v2/team/base/manifests/1`; undefined for `/v2/`, which is no image. */
function kindOf({ path }: RegistryRequest): 'manifest' | 'blob' | undefined {
  if (path.includes('/manifests/')) return 'manifest';
  return path.includes('/blobs/') ? 'blob' : undefined;
}
