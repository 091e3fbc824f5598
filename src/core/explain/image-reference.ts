import type { ImageReference } from './explanation.ts';

/** Names of images, by the grammar of github.com/distribution/reference v0.6.0. */

export type ParsedImage =
  | { readonly ok: true; readonly image: ImageReference }
  /** What is wrong with it; what to write instead. */
  | { readonly ok: false; readonly message: string };

const DEFAULT_DOMAIN = 'docker.io';
/** Docker Hub under the name of its first years (normalize.go). */
const LEGACY_DEFAULT_DOMAIN = 'index.docker.io';
const OFFICIAL_PREFIX = 'library/';

/** Far above any real name: the grammar has no bound of its own for the domain. */
const MAX_LENGTH = 2000;
const MAX_PATH_LENGTH = 255;

const DOMAIN_COMPONENT = '[a-zA-Z0-9](?:[a-zA-Z0-9-]*[a-zA-Z0-9])?';
const DOMAIN = `(?:${DOMAIN_COMPONENT}(?:\\.${DOMAIN_COMPONENT})*|\\[[a-fA-F0-9:]+\\])(?::[0-9]+)?`;
const PATH_COMPONENT = '[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*';
const REFERENCE = new RegExp(
  `^(?<domain>${DOMAIN})/(?<path>${PATH_COMPONENT}(?:/${PATH_COMPONENT})*)` +
    '(?::(?<tag>[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}))?(?:@(?<digest>[^@]+))?$',
);
/** github.com/opencontainers/go-digest v1.0.0 algorithm.go */
const DIGEST = /^(?:sha256:[a-f0-9]{64}|sha384:[a-f0-9]{96}|sha512:[a-f0-9]{128})$/;

interface Refusal {
  readonly finds: (text: string) => boolean;
  readonly message: string;
}

/** The first that finds something is what a person is told. */
const REFUSALS: readonly Refusal[] = [
  {
    finds: (text) => text === '',
    message: 'is empty; write an image, such as alpine or ghcr.io/team/app:1',
  },
  {
    finds: (text) => text.length > MAX_LENGTH,
    message: 'is too long for a name; write an image, such as ghcr.io/team/app:1',
  },
  {
    finds: (text) => text.includes('://'),
    message: 'has a scheme; write the name alone, such as ghcr.io/team/app:1',
  },
  {
    finds: (text) => /^[a-f0-9]{64}$/.test(text),
    message: 'is the ID of an image and no name; write the name that it is pulled by',
  },
  {
    finds: (text) => /[A-Z]/.test(splitDomain(text).remainder.replace(/[:@].*/s, '')),
    message: 'has upper case in its repository; write it in lower case',
  },
  {
    finds: (text) => text.includes('@') && !DIGEST.test(text.slice(text.lastIndexOf('@') + 1)),
    message: 'has no digest that is known behind @; write sha256: and 64 digits of 0-9 and a-f',
  },
  {
    finds: (text) => (matched(text)?.['path']?.length ?? 0) > MAX_PATH_LENGTH,
    message: 'has a repository of more than 255 characters, which no registry takes',
  },
  {
    finds: (text) => matched(text) === undefined,
    message: 'is no name of an image; write [host[:port]/]repository[:tag][@digest]',
  },
];

/** The whole name of what a person or a Dockerfile calls `alpine` (ParseNormalizedNamed). */
export function parseImageReference(text: string): ParsedImage {
  const refusal = REFUSALS.find(({ finds }) => finds(text));
  if (refusal !== undefined) {
    return { ok: false, message: refusal.message };
  }
  const { domain = '', path = '', tag, digest } = matched(text) ?? {};
  return {
    ok: true,
    image: {
      domain,
      path,
      ...(tag !== undefined && { tag }),
      ...(digest !== undefined && { digest }),
    },
  };
}

function matched(text: string): Partial<Record<string, string>> | undefined {
  const { domain, remainder } = splitDomain(text);
  return REFERENCE.exec(`${domain}/${remainder}`)?.groups;
}

/**
 * Which part is the registry: `localhost`, or what has a dot, a colon or upper case before the first
 * slash (normalize.go splitDockerDomain).
 */
function splitDomain(text: string): { readonly domain: string; readonly remainder: string } {
  const slash = text.indexOf('/');
  const first = text.slice(0, Math.max(slash, 0));
  const rest = text.slice(slash + 1);
  if (first === DEFAULT_DOMAIN || first === LEGACY_DEFAULT_DOMAIN) {
    return onHub(rest);
  }
  return first === 'localhost' || /[.:A-Z]/.test(first)
    ? { domain: first, remainder: rest }
    : onHub(text);
}

function onHub(remainder: string): ReturnType<typeof splitDomain> {
  return {
    domain: DEFAULT_DOMAIN,
    remainder: remainder.includes('/') ? remainder : `${OFFICIAL_PREFIX}${remainder}`,
  };
}
