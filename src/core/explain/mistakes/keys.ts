import { configKeyOf, hostOfConfigKey } from '../../docker/credential-key.ts';
import { credentialKeyOf } from '../buildkit.ts';
import { HUB_KEY, keyFor } from '../docker-lookup.ts';
import type { Step } from '../explanation.ts';

/** The key under which the host of a step is looked up: byte for byte, but for Docker Hub's names. */
export function lookupKey({ host }: Pick<Step, 'host'>): string {
  return keyFor(credentialKeyOf(host));
}

/**
 * A host as it is best written everywhere: in lower case, without default port, spaces and a colon
 * that no port follows.
 */
export function plainHost(host: string): string {
  return hostOfConfigKey(host.replaceAll(/\s/g, '').replace(/:$/, '')) ?? host;
}

/** The key that is looked up once the host is written so. */
export function plainKey({ host }: Pick<Step, 'host'>): string {
  return configKeyOf(plainHost(host));
}

/** Whether a host is written otherwise, so that the cure is there and not at what it misses. */
export function isOddlyWritten({ host }: Pick<Step, 'host'>): boolean {
  return lookupKey({ host }) !== HUB_KEY && plainHost(host) !== host;
}
