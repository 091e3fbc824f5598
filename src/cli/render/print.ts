import { Buffer } from 'node:buffer';
import { stringify } from 'yaml';
import type { Credential } from '../../core/docker/docker-config.ts';
import { readPullSecret, renderPullSecret } from '../../core/docker/pull-secret.ts';
import type { Data } from '../../core/plan/output.ts';
import { Redacted, REDACTED } from '../../core/redacted.ts';
import { isObject } from '../../kube/object.ts';
import type { JsonObject } from '../../kube/object.ts';
import { KUBECTL_YAML } from '../manifests/yaml-schema.ts';
import type { RenderedOutput } from './render.ts';

/** Prints outputs as manifests: for `kubectl diff` and `kubectl apply`, or masked, for people. */

export const FORMATS = ['yaml', 'json'] as const;

export interface PrintOptions {
  readonly format: (typeof FORMATS)[number];
  readonly showCredentials: boolean;
}

/** YAML documents, or one List in JSON; nothing at all is an empty text or an empty List. */
export function print(outputs: readonly RenderedOutput[], options: PrintOptions): string {
  const items = outputs.map((output) => manifestOf(output, options));
  return options.format === 'json'
    ? `${JSON.stringify({ apiVersion: 'v1', kind: 'List', items }, null, 2)}\n`
    : items.map((item, index) => `${index === 0 ? '' : '---\n'}${yamlOf(item, options)}`).join('');
}

/** Said in the document itself, for whoever finds it in a file. */
const MASKED =
  '# The credentials are masked, so this is no base64 and the API server refuses it.\n' +
  '# Render with --show-credentials for what is written.\n';

function yamlOf(item: JsonObject, { showCredentials }: PrintOptions): string {
  const text = stringify(item, { ...KUBECTL_YAML, lineWidth: 0, aliasDuplicateObjects: false });
  return item['kind'] === 'Secret' && !showCredentials ? `${MASKED}${text}` : text;
}

/**
 * What would be POSTed as it would be stored, without empty maps, and without the ownerReferences: the
 * uid in them is not known yet.
 */
function manifestOf(
  { body, output }: RenderedOutput,
  { showCredentials }: PrintOptions,
): JsonObject {
  const object = body.reveal();
  const metadata = isObject(object['metadata']) ? object['metadata'] : {};
  const kept = Object.entries(metadata).filter(
    ([field, value]) => field !== 'ownerReferences' && !isEmpty(value),
  );
  const isMasked = output.target.kind === 'Secret' && !showCredentials;
  return {
    ...object,
    metadata: Object.fromEntries(kept),
    ...(isMasked && { data: maskedData(output.data) }),
  };
}

function isEmpty(value: unknown): boolean {
  return isObject(value) && Object.keys(value).length === 0;
}

/**
 * The same files with every credential replaced, in the clear: one sees the hosts that have an entry,
 * and nobody can apply it.
 */
function maskedData(data: Data): JsonObject {
  const { entries, cas } = readPullSecret(data);
  const files = renderPullSecret({
    entries: new Map(
      [...entries].map(([host, credential]) => [host, maskedCredential(credential)]),
    ),
    cas,
  });
  return Object.fromEntries(
    [...files].map(([key, bytes]) => [key, indented(Buffer.from(bytes.reveal()).toString())]),
  );
}

function maskedCredential(credential: Credential): Credential {
  return Object.fromEntries(Object.keys(credential).map((part) => [part, new Redacted(REDACTED)]));
}

/** The Docker config on lines of its own; other files are text anyway. */
function indented(text: string): string {
  return text.startsWith('{') ? JSON.stringify(JSON.parse(text), null, 2) : text;
}
