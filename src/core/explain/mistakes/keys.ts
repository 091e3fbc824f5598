import { DOCKER_HUB, DOCKER_HUB_ALIASES } from '../../../api/registry-host.ts';
import { HUB_KEY } from '../docker-lookup.ts';
import type { Step } from '../explanation.ts';

/** The key under which the host of a step is looked up: byte for byte, but for Docker Hub's names. */
export function lookupKey({ host }: Step): string {
  return [DOCKER_HUB, ...DOCKER_HUB_ALIASES].includes(host) ? HUB_KEY : host;
}
