import type { JsonObject } from '../../../src/kube/object.ts';
import { CA_ONE, CA_TWO } from '../certificates.ts';
import { aConfigMap, aDockerConfig, aSecret, controlledBy } from '../gen.ts';
import { base64, configJson } from '../secrets.ts';
import type { Host, Pick } from './people.ts';

/**
 * Source objects, and what can be got from them. The answer is worked out here anew, from what was
 * written and not by reading it, so that it can be held against what mirrorauth reads.
 *
 * A credential says where it came from: its user is the Secret's name; its password tells what of
 * the Secret it is, and a number that no other credential has.
 */

export const SOURCE_KINDS = [
  'Config',
  'Dockercfg',
  'Opaque',
  'Token',
  'Paths',
  'Basic',
  'NoConfig',
  'Tls',
  'Output',
] as const;

export interface SourceState {
  readonly kind: (typeof SOURCE_KINDS)[number];
  readonly hosts: readonly Host[];
  readonly serial: number;
}

export interface ConfigMapState {
  readonly kind: 'Good' | 'Junk' | 'Conflict' | 'NoKey';
  readonly serial: number;
}

/** In every password, and nowhere else. */
export const CANARY = 'QXZQXZ';

const ANY_HOST = '*';

function login(name: string, what: string, serial: number): string {
  return `${name}:${what}#${String(serial)}${CANARY}`;
}

/** What a login says of itself: the Secret that it is from, and what of it. */
export function originOf(text: string): { readonly name: string; readonly what: string } {
  const [, name = '', what = ''] = /^([^:]*):([^#]*)#/.exec(text) ?? [];
  return { name, what };
}

export interface Wanted {
  readonly host: string;
  readonly pick: Pick;
}

/** Whether a login is one that this wish was once answered with. */
export function answers(text: string, name: string, { host, pick }: Wanted): boolean {
  const origin = originOf(text);
  return origin.name === name && [whatOf(host, pick), ANY_HOST].includes(origin.what);
}

function whatOf(host: string, pick: Pick): string {
  return pick === 'entry' ? `${host}/x` : host;
}

/** The login that a source holds for a wish; undefined when there is none that may be used. */
export function answer(
  { name, state }: { readonly name: string; readonly state: SourceState | undefined },
  wanted: Wanted,
  isDuplicate: boolean,
): string | undefined {
  if (state === undefined) {
    return undefined;
  }
  const { kind, hosts, serial } = state;
  const has = hosts.some((host) => host === wanted.host);
  const isAnswered: Readonly<Record<SourceState['kind'], boolean>> = {
    Config: wanted.pick === 'nothing' && has,
    Dockercfg: wanted.pick === 'nothing' && has,
    Opaque: wanted.pick === 'key' && has,
    Token: wanted.pick === 'nothing' && has && !isDuplicate,
    Paths: wanted.pick === 'entry' && has,
    Basic: wanted.pick === 'nothing',
    NoConfig: false,
    Tls: false,
    Output: false,
  };
  const what = kind === 'Basic' ? ANY_HOST : whatOf(wanted.host, wanted.pick);
  return isAnswered[kind] ? login(name, what, serial) : undefined;
}

export function secretOf(name: string, { kind, hosts, serial }: SourceState): JsonObject {
  const key = (host: Host): string =>
    host === 'docker.io' && serial % 2 === 0 ? 'https://index.docker.io/v1/' : host;
  const logins = Object.fromEntries(hosts.map((host) => [key(host), login(name, host, serial)]));
  const auths = Object.fromEntries(
    Object.entries(logins).map(([host, text]) => [host, { auth: base64(text) }]),
  );
  switch (kind) {
    case 'Config':
      return aDockerConfig(logins);
    case 'Dockercfg':
      return aSecret('kubernetes.io/dockercfg', { '.dockercfg': JSON.stringify(auths) });
    case 'Opaque':
      return aSecret('Opaque', { config: configJson(auths) });
    case 'Token':
      return aSecret('kubernetes.io/dockerconfigjson', {
        '.dockerconfigjson': configJson(
          Object.fromEntries(
            Object.entries(auths).map(([host, entry]) => [host, { ...entry, identitytoken: 't' }]),
          ),
        ),
      });
    case 'Paths':
      return aDockerConfig(
        Object.fromEntries(
          hosts.flatMap((host) =>
            ['x', 'y'].map((path) => [`${host}/${path}`, login(name, `${host}/${path}`, serial)]),
          ),
        ),
      );
    case 'Basic': {
      const password = login('', ANY_HOST, serial).slice(1);
      return aSecret('kubernetes.io/basic-auth', { username: name, password });
    }
    case 'NoConfig':
      return aSecret('kubernetes.io/dockerconfigjson', { '.dockerconfigjson': '{}' });
    case 'Tls':
      return aSecret('kubernetes.io/tls', { 'tls.key': CANARY });
    case 'Output':
      return aDockerConfig(logins, {
        ownerReferences: [controlledBy('someone', 'uid-of-someone')],
      });
  }
}

/** The certificate of a CA that is good. */
export function certificateOf({ serial }: ConfigMapState): string {
  return serial % 2 === 0 ? CA_ONE : CA_TWO;
}

export function caOf(state: ConfigMapState): JsonObject {
  switch (state.kind) {
    case 'Good':
      return aConfigMap({ 'ca.crt': certificateOf(state) });
    case 'Junk':
    case 'Conflict':
      return aConfigMap({ 'ca.crt': 'hello' });
    case 'NoKey':
      return aConfigMap({ other: CA_ONE });
  }
}

/** A setting that tells one base from another. */
export function rootOf(name: string, { serial }: ConfigMapState): string {
  return `/var/lib/${name}-${String(serial)}`;
}

export function baseOf(name: string, state: ConfigMapState): JsonObject {
  switch (state.kind) {
    case 'Good':
      return aConfigMap({ 'buildkitd.toml': `root = "${rootOf(name, state)}"\n` });
    case 'Junk':
      return aConfigMap({ 'buildkitd.toml': 'root = ' });
    case 'Conflict':
      return aConfigMap({
        'buildkitd.toml': '[registry."docker.io"]\nmirrors = ["evil.example"]\n',
      });
    case 'NoKey':
      return aConfigMap({ other: '' });
  }
}
