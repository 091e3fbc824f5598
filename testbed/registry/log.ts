import { z } from 'zod';

/** The fields of distribution v3.1.2's JSON log that say who asked for what (internal/dcontext/http.go). */
const LogLine = z.object({
  time: z.string(),
  msg: z.string(),
  username: z.string().optional(),
  'auth.user.name': z.string().optional(),
  'http.request.id': z.string().optional(),
  'http.request.method': z.string().default(''),
  'http.request.uri': z.string().default('/'),
  'http.request.useragent': z.string().default(''),
  'http.response.status': z.number().default(401),
});
type LogLine = z.infer<typeof LogLine>;

/** One answered request. */
export interface RegistryRequest {
  readonly method: string;
  /** Without the query: `/v2/team/base/manifests/1`. */
  readonly path: string;
  readonly query: URLSearchParams;
  readonly status: number;
  /** `buildkit/v0.34` for buildkitd, `Go-http-client/1.1` for another registry that proxies. */
  readonly userAgent: string;
  /** `none`: no credential, or the registry asks for none; `refused`: a wrong one. */
  readonly credential: 'none' | 'refused' | 'accepted';
  /** Who was accepted, or with htpasswd who gave a wrong password; absent: nobody known. */
  readonly user?: string;
  readonly time: Date;
}

/** buildkitd's own requests; a registry that proxies says `Go-http-client`. */
export function isFromBuildkitd({ userAgent }: RegistryRequest): boolean {
  return userAgent.startsWith('buildkit/');
}

const COMPLETED = 'response completed';
const AUTHORIZING = 'error authorizing context: ';
/** What both kinds of access controller say when there is no credential at all. */
const NO_CREDENTIAL = /invalid authorization credential|authorization token required/;

/**
 * The requests in a registry's log, in the order of their answers. A refused request has no line
 * with its status: distribution only says why it was refused, which it answers with 401.
 */
export function parseRegistryLog(text: string): RegistryRequest[] {
  const requests = new Map<string, RegistryRequest>();
  const wrongPassword = new Map<string, string>();
  for (const line of jsonLines(text)) {
    const id = line['http.request.id'];
    if (id === undefined) continue;
    if (line.msg === 'user failed to authenticate' && line.username !== undefined) {
      wrongPassword.set(id, line.username);
    }
    const request = toRequest(line, wrongPassword.get(id));
    if (request !== undefined) requests.set(id, request);
  }
  return [...requests.values()];
}

/** The port in `listening on 127.0.0.1:5000`, which distribution logs once it accepts connections. */
export function listeningPort(text: string): number | undefined {
  for (const line of jsonLines(text)) {
    const port = /^listening on .*:(\d+)(?:, tls)?$/.exec(line.msg)?.[1];
    if (port !== undefined) return Number(port);
  }
  return undefined;
}

function toRequest(line: LogLine, tried: string | undefined): RegistryRequest | undefined {
  if (!line.msg.startsWith(AUTHORIZING) && !line.msg.startsWith(COMPLETED)) return undefined;
  const url = new URL(line['http.request.uri'], 'http://registry');
  const user = line['auth.user.name'] ?? tried;
  return {
    method: line['http.request.method'],
    path: url.pathname,
    query: url.searchParams,
    status: line['http.response.status'],
    userAgent: line['http.request.useragent'],
    credential: credentialOf(line),
    ...(user === undefined ? {} : { user }),
    time: new Date(line.time),
  };
}

function credentialOf(line: LogLine): RegistryRequest['credential'] {
  if (line.msg.startsWith(AUTHORIZING)) return NO_CREDENTIAL.test(line.msg) ? 'none' : 'refused';
  return line['auth.user.name'] === undefined ? 'none' : 'accepted';
}

/** Whole lines that are JSON; before its configuration is read the registry logs plain text. */
function* jsonLines(text: string): Generator<LogLine> {
  for (const line of text.slice(0, text.lastIndexOf('\n') + 1).split('\n')) {
    if (line.startsWith('{')) yield LogLine.parse(JSON.parse(line));
  }
}
