import { KubeError, errorFromAnswer } from './errors.ts';
import type { Call } from './errors.ts';
import { JsonLinesError } from './json-lines.ts';
import { isObject } from './object.ts';
import type { JsonObject } from './object.ts';
import { TransportError } from './transport.ts';
import type { Request, Transport } from './transport.ts';

/**
 * Sends a request and returns the object in its answer.
 *
 * @throws KubeError for every failure, or the reason of the request's signal when that aborts
 */
export async function send(
  transport: Transport,
  call: Call,
  request: Request,
): Promise<JsonObject> {
  try {
    const answer = await transport.request(request);
    if (answer.status >= 300) {
      throw errorFromAnswer(call, answer);
    }
    if (!isObject(answer.json)) {
      throw new KubeError(call, 'ProtocolError');
    }
    return answer.json;
  } catch (error) {
    throw asKubeError(call, error);
  }
}

/** The error to throw for what the transport threw. A signal's reason is left as it is. */
export function asKubeError(call: Call, error: unknown): unknown {
  if (error instanceof TransportError) {
    return new KubeError(call, error.kind, error.code === undefined ? {} : { code: error.code });
  }
  return error instanceof JsonLinesError ? new KubeError(call, 'ProtocolError') : error;
}
