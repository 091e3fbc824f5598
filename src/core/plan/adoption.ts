import { hostOfConfigKey } from '../docker/credential-key.ts';
import { parseDockerConfig } from '../docker/docker-config.ts';
import type { LiveObject } from './output.ts';

/**
 * Which hosts a hand-written pull Secret loses when it is taken over, as a sentence for an event.
 * By consent on the Secret its hosts may be named; keys that name no host are only counted.
 */
export function adoptionNote(live: LiveObject, kept: ReadonlySet<string>): string {
  const text = live.data.content?.get('.dockerconfigjson');
  const config = text === undefined ? undefined : parseDockerConfig(text, 'config.json');
  const keys = config?.ok === true ? config.value.entries.map(({ key }) => key) : [];
  const lost = keys.filter((key) => !kept.has(hostOfConfigKey(key) ?? ''));
  const named = [...new Set(lost.flatMap((key) => hostOfConfigKey(key) ?? []))].toSorted();
  const unnamed = lost.filter((key) => hostOfConfigKey(key) === undefined).length;
  const parts = [...named, ...(unnamed > 0 ? [`${String(unnamed)} keys that name no host`] : [])];
  return parts.length === 0 ? 'it loses no entry' : `it loses the entries of ${parts.join(', ')}`;
}

/** The same for a hand-written ConfigMap: its settings are replaced whole, its other files go. */
export function configAdoptionNote(live: LiveObject, kept: ReadonlySet<string>): string {
  const lost = [...live.data.keys, ...live.binaryKeys].filter((key) => !kept.has(key)).toSorted();
  const settings = 'its settings are now those of the spec and its base';
  return lost.length === 0 ? settings : `${settings}, and it loses the keys ${lost.join(', ')}`;
}
