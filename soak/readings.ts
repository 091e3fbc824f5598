import { readdir, readlink } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { quantile } from '../bench/quantile.ts';
import { readMemory } from '../bench/resident.ts';

/** What a process holds at one moment, from /proc. */
export interface Reading {
  /** By performance.now(). */
  readonly at: number;
  /** MiB. */
  readonly resident: number;
  /** Open file descriptors, and how many of them are sockets. */
  readonly files: number;
  readonly sockets: number;
}

export async function readProcess(pid: number): Promise<Reading> {
  const folder = `/proc/${String(pid)}/fd`;
  const links = await Promise.all(
    (await readdir(folder)).map((name) => readlink(`${folder}/${name}`).catch(() => undefined)),
  );
  const open = links.filter((link) => link !== undefined);
  return {
    at: performance.now(),
    resident: (await readMemory(pid)).now,
    files: open.length,
    sockets: open.filter((link) => link.startsWith('socket:')).length,
  };
}

/**
 * A watch that ends in time is renewed in the same moment, in which its connection does not count as
 * free yet. So another one is opened, and the two take turns from then on: neither is unused for the
 * 30 s after which it would be closed. There are three watches.
 */
const SPARE_SOCKETS = 3;

/** Whether a process at rest has as many files open as before, but for spare connections of watches. */
export function holdsAsMuch(before: Reading, after: Reading): boolean {
  const spare = after.sockets - before.sockets;
  return spare >= 0 && spare <= SPARE_SOCKETS && after.files - before.files === spare;
}

/** Less than this shows nothing of a plateau: the heap still grows to its usual size. */
const PLATEAU_MINUTES = 8;

/** How much larger the last quarter's median is than that of the quarter before, as a share. */
export function growth(readings: readonly Reading[]): number | undefined {
  const first = readings[0]?.at ?? 0;
  const span = (readings.at(-1)?.at ?? 0) - first;
  if (span < PLATEAU_MINUTES * 60_000) {
    return undefined;
  }
  const median = (from: number, to: number): number =>
    quantile(
      readings
        .filter(({ at }) => at >= first + span * from && at <= first + span * to)
        .map(({ resident }) => resident),
      0.5,
    );
  return median(0.75, 1) / median(0.5, 0.75) - 1;
}

const EVERY_MS = 2_000;

/** Readings of a process from now on, every two seconds. */
export class Readings {
  readonly all: Reading[] = [];
  readonly #ending = new AbortController();

  static begin(pid: number): Readings {
    const readings = new Readings();
    // A process that has ended is somebody else's to notice.
    void readings.#read(pid).catch(() => undefined);
    return readings;
  }

  end(): void {
    this.#ending.abort();
  }

  async #read(pid: number): Promise<void> {
    while (!this.#ending.signal.aborted) {
      this.all.push(await readProcess(pid));
      await sleep(EVERY_MS, undefined, { signal: this.#ending.signal });
    }
  }
}
