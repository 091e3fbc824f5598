import { configKeyOf } from '../docker/credential-key.ts';
import { textOfBytes } from './docker-config-reader.ts';
import type { BuilderFiles, ImageReference, OtherReader, StepCredential } from './explanation.ts';
import {
  bytesOfText,
  decodeStandard,
  decodeUnpadded,
  foundCredential,
  NO_PARTS,
} from './found-credential.ts';
import type { FoundCredential } from './found-credential.ts';
import { fits, mapField, parseWhole, stringField, valuesOfMapField } from './go-json.ts';
import type { GoJson, JsonShape } from './go-json.ts';
import { cut, parseGoUrl, splitHostPort } from './go-url.ts';
import type { GoUrl } from './go-url.ts';
import { quoted } from './mistakes/shown.ts';
import { placeOf, whyUnresolved } from './reading.ts';
import type { Reading } from './reading.ts';

/** kubelet, for a pod with the file as its imagePullSecret (k8s.io/kubernetes v1.37.2 pkg/credentialprovider). */

/** What fits an image, in the order in which it is tried; one pull for each until one succeeds. */
export type KubeletLookup = readonly Try[] | 'Refused';

export interface Try {
  /** As it stands in the file. */
  readonly key: string;
  readonly credential: FoundCredential;
}

export function kubeletReader(image: ImageReference, reading: Reading): OtherReader {
  return {
    name: 'kubelet',
    hosts: [{ host: image.domain, credential: kubeletCredential(image, reading) }],
    difference:
      'With the same file as imagePullSecret it looks up the name of the image and knows of no ' +
      'mirrors: a key may have a path, of which the name must begin, and a * for letters of a ' +
      'label. All that fit are tried in turn, a longer path before a shorter one. Helpers and ' +
      'tokens are not read, and one broken entry makes it refuse the whole Secret.',
  };
}

/** That of the first try that sends one; containerd is handed it. */
export function kubeletCredential(image: ImageReference, { files }: Reading): StepCredential {
  const tries = lookUpImage(image, files);
  if (tries === 'Refused') {
    return {
      kind: 'Unreadable',
      why: 'an entry or the file cannot be read: the Secret is refused, and the pod does not start',
    };
  }
  const taken = tries.find(({ credential }) => credential.kind === 'Login') ?? tries[0];
  if (taken === undefined) {
    const why = whyUnresolved(configKeyOf(image.domain), files);
    return {
      kind: 'Anonymous',
      why: why ?? `no key fits ${quoted(`${image.domain}/${image.path}`)}`,
    };
  }
  const keys = tries.slice(0, MAX_KEYS).map(({ key }) => quoted(key));
  const others = tries.length > MAX_KEYS ? ', …' : '';
  const nothing = taken.credential.kind === 'Login' ? '' : '; it holds no user and password';
  return {
    kind: taken.credential.kind,
    ...placeOf(taken.key, files),
    why:
      tries.length === 1
        ? `it is the only key that fits the image${nothing}`
        : `tried in turn: ${keys.join(', ')}${others}${nothing}`,
  };
}

/** Names of keys that are told at most. */
const MAX_KEYS = 5;

export function lookUpImage(
  { domain, path }: ImageReference,
  { config }: BuilderFiles,
): KubeletLookup {
  const text = config === undefined ? '' : textOfBytes(config.bytes);
  const entries = text === '' ? [] : readSecret(text);
  if (entries === undefined) {
    return 'Refused';
  }
  const target = parseGoUrl(`https://${domain}/${path}`);
  const keyed = entries.flatMap((entry) => {
    const pattern = patternOf(entry.key);
    return pattern === undefined ? [] : [{ ...entry, pattern }];
  });
  const matches = keyed
    .filter(({ pattern }) => target !== undefined && isMatch(pattern, target))
    .toSorted((a, b) => (a.pattern < b.pattern ? 1 : a.pattern > b.pattern ? -1 : 0));
  return matches.length > 0 || domain !== 'docker.io'
    ? matches
    : keyed.filter(({ pattern }) => pattern === 'index.docker.io');
}

const ENTRY_SHAPE: JsonShape = {
  struct: { username: 'string', password: 'string', email: 'string', auth: 'string' },
};

/** config.go and secrets/secrets.go: whole or not at all. */
function readSecret(text: string): readonly Try[] | undefined {
  const root = parseWhole(text);
  const isTaken =
    root !== undefined &&
    fits(root, {
      struct: { auths: { mapOf: ENTRY_SHAPE }, HttpHeaders: { mapOf: 'string' } },
    }) &&
    valuesOfMapField(root, 'auths').every((value) => credentialOf(value) !== undefined);
  return isTaken
    ? [...mapField(root, 'auths')].flatMap(([key, value]) => {
        const credential = credentialOf(value);
        return credential === undefined ? [] : [{ key, credential }];
      })
    : undefined;
}

function credentialOf(value: GoJson): FoundCredential | undefined {
  const auth = stringField(value, 'auth');
  if (auth === '') {
    const user = bytesOfText(stringField(value, 'username'));
    const password = bytesOfText(stringField(value, 'password'));
    return foundCredential({ ...NO_PARTS, user, password });
  }
  const decode = auth.trim().endsWith('=') ? decodeStandard : decodeUnpadded;
  const [user, password] = cut(decode(auth) ?? '', ':');
  return password === undefined ? undefined : foundCredential({ ...NO_PARTS, user, password });
}

/** The key of keyring.go Add: host and path, of which /v1 and /v2 are none. */
function patternOf(key: string): string | undefined {
  const hasScheme = key.startsWith('https://') || key.startsWith('http://');
  const url = parseGoUrl(hasScheme ? key : `https://${key}`);
  if (url === undefined) {
    return undefined;
  }
  const path = /^\/v[12]\//.test(url.path) ? url.path.slice('/v1'.length) : url.path;
  return path === '/' ? url.host : `${url.host}${path}`;
}

/** keyring.go URLsMatch; the path is compared letter by letter, not by segments. */
function isMatch(pattern: string, target: GoUrl): boolean {
  const url = parseGoUrl(`https://${pattern}`);
  return (
    url !== undefined && target.path.startsWith(url.path) && isHostMatch(url.host, target.host)
  );
}

/** Label by label, with the same port. */
function isHostMatch(pattern: string, host: string): boolean {
  const glob = splitHostPort(pattern) ?? { name: pattern, port: '' };
  const wanted = splitHostPort(host) ?? { name: host, port: '' };
  const labels = wanted.name.split('.');
  const globs = glob.name.split('.');
  return (
    glob.port === wanted.port &&
    globs.length === labels.length &&
    globs.every((label, index) => isGlobMatch(label, labels[index] ?? ''))
  );
}

/** path/filepath Match of one label, in which no other sign than `*` has a meaning of its own. */
function isGlobMatch(glob: string, label: string): boolean {
  const [first = '', ...parts] = glob.split('*');
  const last = parts.pop();
  if (last === undefined) {
    return glob === label;
  }
  let from = first.length;
  for (const part of parts) {
    const index = label.indexOf(part, from);
    if (index < 0) {
      return false;
    }
    from = index + part.length;
  }
  return label.startsWith(first) && label.length >= from + last.length && label.endsWith(last);
}
