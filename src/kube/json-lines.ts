const NEWLINE = 0x0a;

/** Something other than whole lines of JSON came. Says no more: the line may hold a Secret. */
export class JsonLinesError extends Error {
  override readonly name = 'JsonLinesError';

  constructor() {
    super('a line is not JSON, or ended too early');
  }
}

/**
 * Parses a stream of JSON values, each ended by a newline byte, as watches send them.
 *
 * Lines are cut by bytes and decoded whole, so that a character may be split between chunks, and
 * nothing but `\n` ends a line (U+2028 may stand in a JSON string). A line is held only until it is
 * parsed.
 *
 * @throws JsonLinesError for a line that is not JSON or not UTF-8, and for bytes after the last newline
 */
export async function* jsonLines(chunks: AsyncIterable<Uint8Array>): AsyncGenerator {
  let pending: Uint8Array[] = [];
  for await (const chunk of chunks) {
    let start = 0;
    for (let end = chunk.indexOf(NEWLINE); end >= 0; end = chunk.indexOf(NEWLINE, start)) {
      const line = [...pending, chunk.subarray(start, end)];
      pending = [];
      start = end + 1;
      yield parseLine(line);
    }
    if (start < chunk.length) {
      pending.push(chunk.subarray(start));
    }
  }
  if (pending.length > 0) {
    throw new JsonLinesError();
  }
}

function parseLine(parts: readonly Uint8Array[]): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(Buffer.concat(parts)));
  } catch {
    throw new JsonLinesError();
  }
}
