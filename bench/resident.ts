import { readFile } from 'node:fs/promises';
import { eventually } from '../testbed/eventually.ts';

/** MiB, from /proc/PID/status (proc_pid_status(5)). */
export interface Resident {
  /** VmRSS: in memory now, the pages of Node's own program file included. */
  readonly now: number;
  /** VmHWM: the most since it was started. */
  readonly peak: number;
}

/** Memory counts as settled when it stayed within this many MiB for this long. */
const STILL = { mib: 0.5, ms: 5_000 };

/** What a process holds once that no longer changes. Errors: it still does after a minute. */
export async function settledMemory(pid: number): Promise<Resident> {
  const readings: { readonly at: number; readonly now: number }[] = [];
  return eventually(
    async () => {
      const resident = await readMemory(pid);
      const at = performance.now();
      readings.push({ at, now: resident.now });
      const recent = readings
        .filter((reading) => reading.at >= at - STILL.ms)
        .map(({ now }) => now);
      const isLongEnough = (readings[0]?.at ?? at) < at - STILL.ms;
      if (!isLongEnough || Math.max(...recent) - Math.min(...recent) > STILL.mib) {
        throw new Error(`now ${resident.now} MiB`);
      }
      return resident;
    },
    { describe: 'memory to settle', deadlineMs: 60_000, intervalMs: 200 },
  );
}

/** What a process holds at this moment. */
export async function readMemory(pid: number): Promise<Resident> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8');
  const mib = (field: string): number =>
    Number(new RegExp(`^${field}:\\s+(\\d+) kB$`, 'm').exec(status)?.[1]) / 1024;
  return { now: mib('VmRSS'), peak: mib('VmHWM') };
}
