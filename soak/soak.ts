import { setTimeout as sleep } from 'node:timers/promises';
import { create } from '../bench/noise.ts';
import { allRequestsSince, nameOfCall, requestsSince } from '../bench/requests.ts';
import type { Setting } from '../bench/setting.ts';
import { auditEvents } from '../testbed/audit-log.ts';
import type { AuditMark } from '../testbed/audit-log.ts';
import { eventually } from '../testbed/eventually.ts';
import type { RunningProcess } from '../testbed/process.ts';
import { printProgress } from '../testbed/progress.ts';
import { change } from './changes.ts';
import { INCIDENTS } from './incidents.ts';
import { Landscape } from './landscape.ts';
import { Ledger } from './ledger.ts';
import { holdsAsMuch, readProcess, Readings } from './readings.ts';
import type { Reading } from './readings.ts';
import type { Findings } from './verdict.ts';

export interface SoakOptions {
  readonly minutes: number;
  readonly mirrorAuths: number;
  /** Secrets that are none of its business, of 32 KiB. */
  readonly secrets: number;
}

/** Between two changes. */
const PACE_MS = 250;
/** Between two incidents, at most. */
const INCIDENT_MS = 60_000;
/** After an incident: watches come back within their longest pause, 30 s (src/kube/reflector.ts). */
const AFTERMATH_MS = 45_000;
/** A short run has so many at least. */
const INCIDENTS_AT_LEAST = 3;
/** How long the operator may take to put the last things right. */
const CATCH_UP_MS = 180_000;
/** Connections that nobody uses are closed after 30 s (src/kube/agents.ts). */
const REST_MS = 90_000;
/** It holds as much as before when it has done so for this long: a watch may just be reconnecting. */
const STEADY_SECONDS = 20;

/**
 * Keeps one operator process busy for a time, and looks at what it did and what it holds.
 *
 * It runs as deployed but for leader election: a process that cannot renew its Lease for 10 s ends, as
 * it should, and this is about one process from beginning to end.
 */
export async function soak(setting: Setting, options: SoakOptions): Promise<Findings> {
  const operator = await setting.startOperator(['--leader-elect=false']);
  try {
    return await new Soak(setting, operator, options).run();
  } finally {
    await operator.stop();
  }
}

class Soak {
  readonly #setting: Setting;
  readonly #operator: RunningProcess;
  readonly #options: SoakOptions;
  #mark: AuditMark = { offset: 0 };
  #changes = 0;
  #incidents = 0;
  #events = 0;

  constructor(setting: Setting, operator: RunningProcess, options: SoakOptions) {
    this.#setting = setting;
    this.#operator = operator;
    this.#options = options;
  }

  async run(): Promise<Findings> {
    const { cluster, user } = this.#setting;
    const { pid } = this.#operator;
    const before = await steady(pid);
    this.#mark = await cluster.auditMark();
    const landscape = await this.#settle();
    const ledger = new Ledger({ user, dependants: landscape.dependants });
    const readings = Readings.begin(pid);
    try {
      await this.#keepBusy(landscape, ledger, readings);
      printProgress('waiting until everything is right and at rest');
      const faults = await faultsInTheEnd(landscape);
      const rest = await this.#rest(before);
      await this.#take(landscape, ledger);
      return {
        changes: this.#changes,
        incidents: this.#incidents,
        faults,
        ledger: ledger.close(),
        events: this.#events,
        before,
        readings: readings.all,
        ...rest,
      };
    } finally {
      readings.end();
      await landscape.world.close();
    }
  }

  async #settle(): Promise<Landscape> {
    const { mirrorAuths, secrets } = this.#options;
    printProgress(`making ${String(secrets)} Secrets and ${String(mirrorAuths)} MirrorAuths`);
    await create(this.#setting, 'unrelated', secrets);
    const landscape = await Landscape.create(this.#setting.cluster, mirrorAuths);
    const [fault] = await faultsInTheEnd(landscape);
    if (fault !== undefined) {
      throw new Error(`${fault} is not made as it should be, with nothing having happened yet`);
    }
    return landscape;
  }

  async #keepBusy(landscape: Landscape, ledger: Ledger, readings: Readings): Promise<void> {
    const ms = this.#options.minutes * 60_000;
    const began = performance.now();
    const incidents = new Timetable(Math.min(INCIDENT_MS, ms / (INCIDENTS_AT_LEAST + 1)));
    const news = new Timetable(60_000);
    while (performance.now() < began + ms) {
      this.#operator.died.throwIfAborted();
      await change(landscape, this.#changes);
      this.#changes += 1;
      if (incidents.isDue()) {
        const from = Date.now();
        await INCIDENTS[this.#incidents % INCIDENTS.length]?.(this.#setting.cluster);
        this.#incidents += 1;
        ledger.noteOutage(from, Date.now() + AFTERMATH_MS);
      }
      if (news.isDue()) {
        await this.#take(landscape, ledger);
        this.#report((performance.now() - began) / 60_000, ledger, readings);
      }
      await sleep(PACE_MS);
    }
  }

  /** Hands on what was logged since the last time. */
  async #take({ world: { namespace } }: Landscape, ledger: Ledger): Promise<void> {
    const { cluster, user } = this.#setting;
    const until = await cluster.auditMark();
    const { auditLogPath } = cluster.details;
    const events = await auditEvents(auditLogPath, { namespace, since: this.#mark, until });
    this.#mark = until;
    ledger.take(events.filter(({ resource }) => resource !== 'events'));
    this.#events += events.filter(
      (event) => event.resource === 'events' && event.user === user && event.code < 300,
    ).length;
  }

  #report(minutes: number, ledger: Ledger, readings: Readings): void {
    const { writes, unexplained } = ledger.totals();
    const { resident = 0, files = 0, sockets = 0 } = readings.all.at(-1) ?? {};
    printProgress(
      [
        `minute ${minutes.toFixed(0)} of ${String(this.#options.minutes)}`,
        `${String(this.#changes)} changes, ${String(this.#incidents)} incidents`,
        `${String(writes)} writes, ${String(unexplained.length)} of them without a cause`,
        `${resident.toFixed(1)} MiB, ${String(files)} file descriptors, ${String(sockets)} sockets`,
      ].join('; '),
    );
  }

  /** Waits until the process holds no more than before, and says what it asked meanwhile. */
  async #rest(before: Reading): Promise<Pick<Findings, 'after' | 'unrest' | 'restSeconds'>> {
    const { cluster } = this.#setting;
    await allRequestsSince(this.#setting, await cluster.auditMark());
    const mark = await cluster.auditMark();
    const began = performance.now();
    for (let seconds = 0; ;) {
      const after = await readProcess(this.#operator.pid);
      const ms = performance.now() - began;
      seconds = holdsAsMuch(before, after) ? seconds + 1 : 0;
      if (seconds === STEADY_SECONDS || ms > REST_MS) {
        const requests = await requestsSince(this.#setting, mark);
        return { after, unrest: requests.map(nameOfCall), restSeconds: ms / 1_000 };
      }
      await sleep(1_000);
    }
  }
}

/** Says when so much time has passed again. */
class Timetable {
  readonly #everyMs: number;
  #next: number;

  constructor(everyMs: number) {
    this.#everyMs = everyMs;
    this.#next = performance.now() + everyMs;
  }

  isDue(): boolean {
    const now = performance.now();
    if (now < this.#next) {
      return false;
    }
    this.#next = now + this.#everyMs;
    return true;
  }
}

/** A reading, once two in a row have seen the same sockets. */
function steady(pid: number): Promise<Reading> {
  let last: Reading | undefined;
  return eventually(
    async () => {
      const earlier = last;
      last = await readProcess(pid);
      if (last.files !== earlier?.files || last.sockets !== earlier.sockets) {
        throw new Error(`${String(last.files)} file descriptors`);
      }
      return last;
    },
    { describe: 'the number of file descriptors to settle', intervalMs: 2_000, deadlineMs: 60_000 },
  );
}

/** What is still not right when there was time enough; empty as soon as all is. */
async function faultsInTheEnd(landscape: Landscape): Promise<readonly string[]> {
  const deadline = performance.now() + CATCH_UP_MS;
  for (;;) {
    const faults = await landscape.faults();
    if (faults.length === 0 || performance.now() > deadline) {
      return faults;
    }
    await sleep(1_000);
  }
}
