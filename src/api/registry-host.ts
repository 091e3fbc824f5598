import { z } from 'zod';
import { withRules } from './rule.ts';
import type { Rule } from './rule.ts';

/**
 * The grammar of registry hosts and mirror endpoints, in one place.
 *
 * BuildKit compares a host byte for byte in two files (`auths` keys of config.json and table names
 * of buildkitd.toml) and ignores without a word whatever does not match, so only the one spelling
 * that matches everywhere is accepted (moby/buildkit v0.34.2 util/resolver/resolver.go,
 * docker/cli v29.8.2 cli/config/credentials/file_store.go).
 */

/** Docker Hub's one name here: references are normalised to it, and BuildKit's table is named so. */
export const DOCKER_HUB = 'docker.io';

/** Other names under which Docker Hub answers or is written down. */
export const DOCKER_HUB_ALIASES: readonly string[] = ['index.docker.io', 'registry-1.docker.io'];

/** Longest host: `<host>.crt` must be a ConfigMap key, which has at most 253 bytes. */
const HOST_MAX_LENGTH = 249;
/** Longest endpoint: a host, a slash and a repository path of 255 bytes, as registries allow them. */
const ENDPOINT_MAX_LENGTH = HOST_MAX_LENGTH + 1 + 255;

const LABEL = '[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?';
const PORT =
  '(6553[0-5]|655[0-2][0-9]|65[0-4][0-9]{2}|6[0-4][0-9]{3}|[1-5][0-9]{4}|[1-9][0-9]{0,3})';
const HOST = `${LABEL}(\\.${LABEL})*(:${PORT})?`;
const OCTET = '(25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])';
/** OCI distribution-spec v1.1, "Pulling manifests": the grammar of `<name>`. */
const PATH_COMPONENT = '[a-z0-9]+((\\.|_|__|-+)[a-z0-9]+)*';
const ENDPOINT = `${HOST}(/${PATH_COMPONENT})*`;
const NUMERIC = '^[0-9.]+(:.*)?$';
const IPV4 = `^(${OCTET}\\.){3}${OCTET}(:.*)?$`;

/** Host part of `host[:port][/path]`. */
export function hostOfEndpoint(endpoint: string): string {
  const slash = endpoint.indexOf('/');
  return slash < 0 ? endpoint : endpoint.slice(0, slash);
}

const matches = (pattern: string): ((value: string) => boolean) => {
  const expression = new RegExp(pattern);
  return (value) => expression.test(value);
};

const celString = (text: string): string => `'${text.replaceAll('\\', '\\\\')}'`;

const noScheme: Rule<string> = {
  cel: "!self.contains('://')",
  message:
    'leave the scheme out: write host[:port], and protocol: HTTP on the registry for plain HTTP',
  holds: (value) => !value.includes('://'),
};
const noUserinfo: Rule<string> = {
  cel: "!self.contains('@')",
  message: 'leave user and password out: they belong in a Secret that credentials.secretRef names',
  holds: (value) => !value.includes('@'),
};
const noWildcard: Rule<string> = {
  cel: "!self.contains('*')",
  message: 'wildcards are not looked up by BuildKit: write one registry for each host',
  holds: (value) => !value.includes('*'),
};
const noIPv6: Rule<string> = {
  cel: "!self.contains('[') && !self.matches('^[^/]*:[^/]*:')",
  message: 'IPv6 literals are not supported: write a DNS name',
  holds: (value) => !value.includes('[') && !/^[^/]*:[^/]*:/.test(value),
};
const lowerCase: Rule<string> = {
  cel: "!self.matches('[A-Z]')",
  message: 'write it in lower case: BuildKit compares hosts byte for byte',
  holds: (value) => !/[A-Z]/.test(value),
};
const noHubAlias: Rule<string> = {
  cel: `!(self in [${DOCKER_HUB_ALIASES.map(celString).join(', ')}])`,
  message: 'Docker Hub is written docker.io',
  holds: (value) => !DOCKER_HUB_ALIASES.includes(value),
};
const realIPv4: Rule<string> = {
  cel: `!self.matches(${celString(NUMERIC)}) || self.matches(${celString(IPV4)})`,
  message: 'an IPv4 address has four numbers from 0 to 255',
  holds: (value) =>
    !matches(NUMERIC)(hostOfEndpoint(value)) || matches(IPV4)(hostOfEndpoint(value)),
};

const HOST_RULES: readonly Rule<string>[] = [
  noScheme,
  noUserinfo,
  noWildcard,
  noIPv6,
  lowerCase,
  {
    cel: "!self.contains('/')",
    message: 'leave the path out: BuildKit looks credentials up by host[:port] alone',
    holds: (value) => !value.includes('/'),
  },
  noHubAlias,
  realIPv4,
  {
    cel: `self.matches(${celString(`^${HOST}$`)})`,
    message:
      'write host[:port]: a DNS name or IPv4 address in lower case, and a port from 1 to 65535',
    holds: matches(`^${HOST}$`),
  },
];

const ENDPOINT_RULES: readonly Rule<string>[] = [
  noScheme,
  noUserinfo,
  noWildcard,
  noIPv6,
  lowerCase,
  {
    cel: "!self.endsWith('/')",
    message: 'leave the trailing slash out',
    holds: (value) => !value.endsWith('/'),
  },
  {
    cel: "!self.matches('^[^/]*/v2(/|$)')",
    message: 'leave /v2 out: BuildKit puts it before the path by itself',
    holds: (value) => !/^[^/]*\/v2(\/|$)/.test(value),
  },
  {
    cel: "!self.matches('^(index[.]|registry-1[.])?docker[.]io(/|$)')",
    message: 'Docker Hub cannot be a mirror: its credentials are looked up under a key of its own',
    holds: (value) => ![DOCKER_HUB, ...DOCKER_HUB_ALIASES].includes(hostOfEndpoint(value)),
  },
  {
    cel: `!self.matches('^[0-9.]+(:[^/]*)?(/|$)') || self.matches(${celString(IPV4.replace('(:.*)?$', '(:[^/]*)?(/|$)'))})`,
    message: realIPv4.message,
    holds: realIPv4.holds,
  },
  {
    cel: `self.matches(${celString(`^${ENDPOINT}$`)})`,
    message:
      'write host[:port][/path]: a host as under registries, then a repository path in lower case',
    holds: matches(`^${ENDPOINT}$`),
  },
];

/** The rules say the rest in words. */
const PRINTABLE_ASCII = /^[!-~]+$/;
const NOT_ASCII =
  'write printable ASCII without spaces, and a name with other letters in its xn-- form';

/** `host[:port]` of a registry, in the one spelling that BuildKit matches. */
export const registryHost = (description: string): z.ZodString =>
  withRules(
    z.string().min(1).max(HOST_MAX_LENGTH).regex(PRINTABLE_ASCII, NOT_ASCII),
    description,
    HOST_RULES,
  );

/** `host[:port][/path]` of a mirror, as `mirrors` of buildkitd.toml takes it. */
export const mirrorEndpoint = (description: string): z.ZodString =>
  withRules(
    z.string().min(1).max(ENDPOINT_MAX_LENGTH).regex(PRINTABLE_ASCII, NOT_ASCII),
    description,
    ENDPOINT_RULES,
  );
