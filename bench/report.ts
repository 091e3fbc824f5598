import { cpus, totalmem } from 'node:os';

/** One number that was measured. */
export interface Figure {
  readonly name: string;
  readonly value: number;
  /** `x` is a ratio, `req` requests to the API server. */
  readonly unit: 's' | 'ms' | 'MiB' | 'x' | '%' | 'req';
  /** Worth aiming at: at most this. A figure is no test, and missing the aim no failure. */
  readonly aim?: number;
}

/** What one file of bench/ found out. */
export interface Measurement {
  /** One line: what was done. */
  readonly title: string;
  readonly figures: readonly Figure[];
}

export interface Run {
  readonly date: string;
  readonly node: string;
  readonly machine: string;
  readonly measurements: readonly Measurement[];
}

export function runOf(measurements: readonly Measurement[], now: Date): Run {
  const [{ model } = { model: 'unknown CPU' }] = cpus();
  const memory = Math.round(totalmem() / 2 ** 30);
  return {
    date: now.toISOString(),
    node: process.version,
    machine: `${cpus().length} x ${model}, ${memory} GiB`,
    measurements,
  };
}

/** For people, at most 100 columns wide. */
export function asText({ date, node, machine, measurements }: Run): string {
  const blocks = measurements.map(({ title, figures }) =>
    [title, ...figures.map(lineOf), ''].join('\n'),
  );
  return [`${date}  Node ${node}  ${machine}\n`, ...blocks].join('\n');
}

/** After the point. */
const DIGITS = { s: 2, ms: 2, MiB: 1, x: 2, '%': 1, req: 1 };

function lineOf({ name, value, unit, aim }: Figure): string {
  const number = value.toFixed(DIGITS[unit]).padStart(8);
  const verdict =
    aim === undefined ? '' : `  aim: ${aim} ${unit}, ${value <= aim ? 'met' : 'missed'}`;
  return `  ${name.padEnd(62)}${number} ${unit.padEnd(3)}${verdict}`.trimEnd();
}

/** For programs: the same, with `isMet` where there is an aim. */
export function asJson(run: Run): string {
  const measurements = run.measurements.map(({ title, figures }) => ({
    title,
    figures: figures.map((figure) =>
      figure.aim === undefined ? figure : { ...figure, isMet: figure.value <= figure.aim },
    ),
  }));
  return `${JSON.stringify({ ...run, measurements }, undefined, 2)}\n`;
}
