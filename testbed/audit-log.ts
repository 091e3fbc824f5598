import { randomUUID } from 'node:crypto';
import { open, stat } from 'node:fs/promises';
import { z } from 'zod';
import { eventually } from './eventually.ts';

/** audit.k8s.io/v1 Event, the fields that level Metadata has and that tests ask for. */
const RawEvent = z.object({
  auditID: z.string(),
  stage: z.string(),
  verb: z.string(),
  requestURI: z.string(),
  userAgent: z.string().optional(),
  user: z.object({ username: z.string().optional() }),
  objectRef: z
    .object({
      apiGroup: z.string().exactOptional(),
      resource: z.string().exactOptional(),
      subresource: z.string().exactOptional(),
      namespace: z.string().exactOptional(),
      name: z.string().exactOptional(),
    })
    .optional(),
  responseStatus: z.object({ code: z.number().optional() }).optional(),
  requestReceivedTimestamp: z.string(),
  stageTimestamp: z.string(),
});

/** One stage of one request to the API server. Fields that a request does not have are absent. */
export interface AuditEvent {
  readonly auditID: string;
  /** `ResponseComplete`; a watch has a `ResponseStarted` before it; `Panic`. */
  readonly stage: string;
  /** Kubernetes' verb: get, list, watch, create, update, patch, delete, deletecollection. */
  readonly verb: string;
  readonly apiGroup?: string;
  readonly resource?: string;
  readonly subresource?: string;
  readonly namespace?: string;
  readonly name?: string;
  /** Empty for a request that was refused for its credential. */
  readonly user: string;
  readonly userAgent: string;
  /** The HTTP status; 0 when there is none yet. */
  readonly code: number;
  readonly requestURI: string;
  /** When the request came. */
  readonly receivedAt: Date;
  /** When this stage was reached. */
  readonly time: Date;
}

/** A place in the log: between two whole lines. */
export interface AuditMark {
  /** Bytes from the file's beginning. */
  readonly offset: number;
}

export interface AuditFilter {
  readonly user?: string;
  readonly namespace?: string;
  readonly resource?: string;
  /** Only what was logged after this mark. */
  readonly since?: AuditMark;
  /** Only what was logged before this mark. */
  readonly until?: AuditMark;
}

/**
 * The events of an audit log file in their order. A line that is still being written is left out.
 * For a claim about what did *not* happen, set `until` to a mark of {@link auditMark}: it has waited.
 */
export async function auditEvents(path: string, filter: AuditFilter = {}): Promise<AuditEvent[]> {
  const text = await readRange(path, filter.since?.offset ?? 0, filter.until?.offset);
  return parseAuditLog(text).filter(
    (event) =>
      (filter.user === undefined || event.user === filter.user) &&
      (filter.namespace === undefined || event.namespace === filter.namespace) &&
      (filter.resource === undefined || event.resource === filter.resource),
  );
}

/** The events of whole lines of an audit log (`--audit-log-format=json`). */
export function parseAuditLog(text: string): AuditEvent[] {
  const whole = text.slice(0, text.lastIndexOf('\n') + 1);
  return whole
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => toEvent(RawEvent.parse(JSON.parse(line))));
}

function toEvent(raw: z.infer<typeof RawEvent>): AuditEvent {
  return {
    auditID: raw.auditID,
    stage: raw.stage,
    verb: raw.verb,
    ...raw.objectRef,
    user: raw.user.username ?? '',
    userAgent: raw.userAgent ?? '',
    code: raw.responseStatus?.code ?? 0,
    requestURI: raw.requestURI,
    receivedAt: new Date(raw.requestReceivedTimestamp),
    time: new Date(raw.stageTimestamp),
  };
}

/**
 * A mark for "everything after now". Blocking mode writes a request's line before its response is
 * complete, but a client that does not read to the end can be ahead of it. So `request` makes one
 * more request that can be told from all others by its query, and the mark is behind its line.
 */
export async function auditMark(
  path: string,
  request: (query: string) => Promise<unknown>,
): Promise<AuditMark> {
  const before = await sizeOf(path);
  const query = `audit-mark=${randomUUID()}`;
  await request(query);
  return eventually(
    async () => {
      const text = await readRange(path, before);
      const end = text.indexOf('\n', text.indexOf(query));
      if (!text.includes(query) || end === -1) throw new Error('the line is not there yet');
      return { offset: before + Buffer.byteLength(text.slice(0, end + 1)) };
    },
    { describe: 'a marking request in the audit log', intervalMs: 5 },
  );
}

async function sizeOf(path: string): Promise<number> {
  return (await stat(path)).size;
}

async function readRange(path: string, from: number, to?: number): Promise<string> {
  const file = await open(path);
  try {
    const end = to ?? (await file.stat()).size;
    const buffer = Buffer.alloc(Math.max(0, end - from));
    const { bytesRead } = await file.read(buffer, 0, buffer.length, from);
    return buffer.toString('utf8', 0, bytesRead);
  } finally {
    await file.close();
  }
}
