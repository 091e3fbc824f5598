import { isFromBuildkitd } from '../testbed/registry/log.ts';
import type { RegistryRequest } from '../testbed/registry/log.ts';

/** Requests that one asker made to one registry as one user, and that were answered alike. */
export interface Asked {
  readonly by: 'buildkitd' | 'the mirror';
  /** A user's name, or `nobody`. */
  readonly as: string;
  /** `1 manifest, 3 blobs`: how many different ones by GET; `HEAD only`: none. */
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
  const gets = alike.filter(({ method }) => method === 'GET');
  return {
    by: askerOf(first),
    as: first.user ?? 'nobody',
    what: [...Map.groupBy(gets, kindOf)].map(countOf).join(', ') || 'HEAD only',
    status: first.status,
  };
}

/** distribution asks its upstream for each blob twice, by HEAD and by GET, and pulls one. */
function countOf([kind, gets]: [Kind | undefined, readonly RegistryRequest[]]): string {
  const { size } = new Set(gets.map(({ path }) => path));
  return `${size} ${kind}${size === 1 ? '' : 's'}`;
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

type Kind = 'manifest' | 'blob';

/** `manifest` for `/v2/team/base/manifests/1`; undefined for `/v2/`, which is no image. */
function kindOf({ path }: RegistryRequest): Kind | undefined {
  if (path.includes('/manifests/')) return 'manifest';
  return path.includes('/blobs/') ? 'blob' : undefined;
}
