/** URLs as Go reads them: hosts of keys and mirrors are what its net/url makes of them. */

/** The parts that readers look at. */
export interface GoUrl {
  /** Lower case; empty: none. */
  readonly scheme: string;
  /** host[:port] as it stands there, percent signs decoded. */
  readonly host: string;
  /** Percent signs decoded. */
  readonly path: string;
}

/** net/url of Go 1.26.8, url.go Parse; undefined where it returns an error. */
export function parseGoUrl(text: string): GoUrl | undefined {
  const [beforeFragment, fragment = ''] = cut(text, '#');
  const parts = splitScheme(beforeFragment);
  if (hasControl(beforeFragment) || !isEscaped(fragment)) {
    return undefined;
  }
  const [hierarchy] = cut(parts.rest, '?');
  return hierarchy.startsWith('/')
    ? rooted(parts.scheme, hierarchy)
    : rootless(parts.scheme, hierarchy);
}

/** Two slashes begin a host, three none where there is no scheme. */
function rooted(scheme: string, rest: string): GoUrl | undefined {
  if (!rest.startsWith('//') || (scheme === '' && rest.startsWith('///'))) {
    return withPath(scheme, '', rest);
  }
  const [authority, path] = cut(rest.slice('//'.length), '/');
  const host = hostOfAuthority(scheme, authority);
  return host === undefined
    ? undefined
    : withPath(scheme, host, path === undefined ? '' : `/${path}`);
}

function rootless(scheme: string, rest: string): GoUrl | undefined {
  if (scheme !== '') {
    return { scheme, host: '', path: '' };
  }
  const [segment] = cut(rest, '/');
  return segment.includes(':') ? undefined : withPath('', '', rest);
}

function withPath(scheme: string, host: string, path: string): GoUrl | undefined {
  const decoded = isEscaped(path) ? unescape(path) : undefined;
  return decoded === undefined ? undefined : { scheme, host, path: decoded };
}

/**
 * url.go getScheme: a colon before any other sign than letters, digits, `+`, `-` and `.`. A text that
 * begins with a colon is refused later, as a colon in a first segment is.
 */
function splitScheme(text: string): { readonly scheme: string; readonly rest: string } {
  const scheme = /^(?<scheme>[A-Za-z][A-Za-z0-9+.-]*):/.exec(text)?.groups?.['scheme'];
  return scheme === undefined
    ? { scheme: '', rest: text }
    : { scheme: scheme.toLowerCase(), rest: text.slice(scheme.length + 1) };
}

/** url.go parseAuthority */
function hostOfAuthority(scheme: string, authority: string): string | undefined {
  const at = authority.lastIndexOf('@');
  const userinfo = authority.slice(0, Math.max(at, 0));
  const isFine = /^[-A-Za-z0-9._:~!$&'()*+,;=%@]*$/.test(userinfo) && isEscaped(userinfo);
  return isFine ? parseHost(scheme, authority.slice(at + 1)) : undefined;
}

/** url.go parseHost, without the zones of IPv6 addresses, which no registry has. */
function parseHost(scheme: string, host: string): string | undefined {
  if (host.includes('[')) {
    const address = /^\[(?<address>[^[\]]*)\](?::[0-9]*)?$/.exec(host)?.groups?.['address'];
    return canonicalIPv6(address ?? '') === undefined ? undefined : host;
  }
  return hasFinePort(scheme, host) && HOST.test(host) && isEscaped(host)
    ? unescape(host)
    : undefined;
}

/** Behind the first colon where the scheme is one of the web, else behind the last. */
function hasFinePort(scheme: string, host: string): boolean {
  const isStrict = scheme === 'http' || scheme === 'https';
  const colon = isStrict ? host.indexOf(':') : host.lastIndexOf(':');
  return colon < 0 || /^:[0-9]*$/.test(host.slice(colon));
}

/** Of ASCII what encoding_table.go allows in hosts, and percent signs for what is not ASCII. */
const HOST = /^(?:[-A-Za-z0-9_.~!"$&'()*+,:;<=>\]\u{80}-\u{10ffff}]|%(?:[89a-f][0-9a-f]|25))*$/iu;

/** net/netip ParseAddr, by the parser of the platform: both follow RFC 4291. */
function canonicalIPv6(address: string): string | undefined {
  return /^[0-9a-f:.]+$/i.test(address) && URL.canParse(`http://[${address}]`)
    ? new URL(`http://[${address}]`).hostname
    : undefined;
}

/** url.go splitHostPort, as Hostname and Port give them. */
export function hostnameAndPort(host: string): { readonly name: string; readonly port: string } {
  const colon = host.lastIndexOf(':');
  const hasPort = /:[0-9]*$/.test(host);
  const name = hasPort ? host.slice(0, colon) : host;
  return {
    name: name.startsWith('[') && name.endsWith(']') ? name.slice(1, -1) : name,
    port: hasPort ? host.slice(colon + 1) : '',
  };
}

/** net.JoinHostPort */
export function joinHostPort(name: string, port: string): string {
  return name.includes(':') ? `[${name}]:${port}` : `${name}:${port}`;
}

/** net.SplitHostPort; undefined where it returns an error, as it does without a port. */
export function splitHostPort(
  host: string,
): { readonly name: string; readonly port: string } | undefined {
  const found = /^(?:\[(?<six>[^[\]]*)\]|(?<plain>[^[\]:]*)):(?<port>[^[\]:]*)$/.exec(host)?.groups;
  return found && { name: found['six'] ?? found['plain'] ?? '', port: found['port'] ?? '' };
}

/**
 * Whether BuildKit and containerd take a host for the machine itself, with which they speak plain
 * HTTP by default (containerd v2.4.2 core/remotes/docker/registry.go MatchLocalhost).
 */
export function isLoopbackHost(host: string): boolean {
  if (host === '::1' || host === '[::1]') {
    return true;
  }
  const parts = splitHostPort(host);
  if (parts === undefined) {
    return !host.includes(':') && isLoopbackName(host);
  }
  return parts.port !== '' && isLoopbackName(parts.name);
}

const OCTET = '(?:25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])';
const IPV4_LOOPBACK = new RegExp(`^127(?:\\.${OCTET}){3}$`);

function isLoopbackName(name: string): boolean {
  return (
    name === 'localhost' ||
    IPV4_LOOPBACK.test(name) ||
    /^\[(?:::1|::ffff:7f[0-9a-f]{2}:[0-9a-f]{1,4})\]$/.test(canonicalIPv6(name) ?? '')
  );
}

/** path.Clean of an absolute path. */
export function cleanPath(path: string): string {
  const parts: string[] = [];
  for (const part of path.split('/')) {
    if (part === '..') {
      parts.pop();
    } else if (part !== '' && part !== '.') {
      parts.push(part);
    }
  }
  return `/${parts.join('/')}`;
}

/** What stands before and after the first separator; strings.Cut. */
export function cut(text: string, separator: string): readonly [string, string?] {
  const index = text.indexOf(separator);
  return index < 0 ? [text] : [text.slice(0, index), text.slice(index + separator.length)];
}

function hasControl(text: string): boolean {
  return /[\u0000-\u001f\u007f]/.test(text);
}

function isEscaped(text: string): boolean {
  return !/%(?![0-9a-f]{2})/i.test(text);
}

/** Bytes that are no UTF-8 are shown as such, and equal no host. */
function unescape(text: string): string {
  return text.replaceAll(/(?:%[0-9a-f]{2})+/gi, (escaped) =>
    new TextDecoder().decode(
      Uint8Array.from(escaped.slice(1).split('%'), (digits) => Number.parseInt(digits, 16)),
    ),
  );
}
