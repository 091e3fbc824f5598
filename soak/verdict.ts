import type { LedgerTotals } from './ledger.ts';
import { growth, holdsAsMuch } from './readings.ts';
import type { Reading } from './readings.ts';

/** What was seen in the whole run. */
export interface Findings {
  readonly changes: number;
  readonly incidents: number;
  /** What is not as it should be, at the end. */
  readonly faults: readonly string[];
  readonly ledger: LedgerTotals;
  /** Events on MirrorAuths that the operator wrote. */
  readonly events: number;
  /** `patch secrets/pull`: what the operator asked when nothing happened any more. */
  readonly unrest: readonly string[];
  readonly restSeconds: number;
  /** Before there was anything to do, in between, and at rest after the end. */
  readonly before: Reading;
  readonly readings: readonly Reading[];
  readonly after: Reading;
}

export interface Check {
  readonly claim: string;
  readonly holds: boolean;
  /** What it was seen by. */
  readonly seen: string;
}

/** Of the Deployment, MiB. */
const MEMORY_LIMIT = 256;
const PLATEAU = 0.05;
/** Calls share so many connections (src/kube/agents.ts), and each of three watches may meet its successor. */
const MORE_SOCKETS = 16 + 3;

export function checksOf(findings: Findings): readonly Check[] {
  return [
    checkOutputs(findings),
    checkWrites(findings),
    checkEvents(findings),
    checkRest(findings),
    checkMemory(findings),
    checkFiles(findings),
  ];
}

const number = (value: number): string => value.toLocaleString('en', { maximumFractionDigits: 1 });
const few = (all: readonly string[]): string => all.slice(0, 5).join(', ');

function checkOutputs({ faults, changes, incidents }: Findings): Check {
  return {
    claim: 'every output and every status is right',
    holds: faults.length === 0,
    seen:
      faults.length === 0
        ? `after ${number(changes)} changes and ${number(incidents)} incidents`
        : `${number(faults.length)} are not: ${few(faults)}`,
  };
}

function checkWrites({ ledger: { writes, causes, excused, most, unexplained } }: Findings): Check {
  return {
    claim: 'no write without a cause',
    holds: unexplained.length === 0,
    seen:
      unexplained.length === 0
        ? `${number(writes)} writes for ${number(causes)} causes, ${number(excused)} of status for an outage; most: ${most.id}, ${number(most.writes)} for ${number(most.causes)}`
        : `${number(unexplained.length)} of ${number(writes)}: ${few(unexplained)}`,
  };
}

function checkEvents({ events, ledger: { writes } }: Findings): Check {
  return {
    claim: 'no more events than writes',
    holds: events <= writes,
    seen: `${number(events)} events for ${number(writes)} writes`,
  };
}

function checkRest({ unrest, restSeconds }: Findings): Check {
  return {
    claim: 'no request but watches when nothing happens',
    holds: unrest.length === 0,
    seen:
      unrest.length === 0
        ? `none in ${number(restSeconds)} s`
        : `${number(unrest.length)} in ${number(restSeconds)} s: ${few(unrest)}`,
  };
}

function checkMemory({ before, readings, after }: Findings): Check {
  const most = Math.max(...readings.map(({ resident }) => resident));
  const grown = growth(readings);
  const plateau =
    grown === undefined
      ? 'too short a run to tell a plateau'
      : `last quarter of the run ${number(grown * 100)} % above the one before`;
  return {
    claim: 'memory has a plateau',
    holds: most < MEMORY_LIMIT && (grown ?? 0) <= PLATEAU,
    seen: `${number(before.resident)} MiB before, ${number(most)} at most, ${number(after.resident)} at rest; ${plateau}`,
  };
}

function checkFiles({ before, readings, after }: Findings): Check {
  const most = Math.max(...readings.map(({ sockets }) => sockets));
  return {
    claim: 'file descriptors and sockets are as many as before',
    holds: holdsAsMuch(before, after) && most <= before.sockets + MORE_SOCKETS,
    seen: `${filesOf(before)} before, ${filesOf(after)} after; ${number(most)} sockets at most`,
  };
}

const filesOf = ({ files, sockets }: Reading): string =>
  `${number(files)} file descriptors (${number(sockets)} sockets)`;

/** For people. */
export function asText(checks: readonly Check[]): string {
  const lines = checks.map(
    ({ claim, holds, seen }) => `${holds ? 'ok    ' : 'FAILED'}  ${claim}: ${seen}`,
  );
  return `${lines.join('\n')}\n${checks.every(({ holds }) => holds) ? 'passed' : 'failed'}\n`;
}
