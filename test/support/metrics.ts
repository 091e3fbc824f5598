import { readFileSync } from 'node:fs';

/** Reads the text format of Prometheus, as far as the tests need it. */

interface MetricShape {
  readonly name: string;
  readonly type: string;
  /** Of its first sample, without `le`. */
  readonly labels: readonly string[];
}

/** The rows of docs/metrics.md. */
export function documentedMetrics(): readonly MetricShape[] {
  const page = readFileSync(new URL('../../docs/metrics.md', import.meta.url), 'utf8');
  const rows = page.matchAll(/^\| `(?<name>\w+)` +\| (?<type>\w+) +\|(?<labels>[^|]*)\|/gm);
  return [...rows].map(({ groups: { name = '', type = '', labels = '' } = {} }) => ({
    name,
    type,
    labels: [...labels.matchAll(/`(\w+)`/g)].flatMap(([, label = '']) => label),
  }));
}

const TYPE = /^# TYPE (?<name>\S+) (?<type>\S+)$/gm;

export function metricsIn(text: string): readonly MetricShape[] {
  return [...text.matchAll(TYPE)].map(({ groups: { name = '', type = '' } = {} }) => {
    const [first = ''] = Object.keys(samplesOf(text, name));
    const labels = [...first.matchAll(/(\w+)="/g)].flatMap(([, label = '']) => label);
    return { name, type, labels: labels.filter((label) => label !== 'le') };
  });
}

/** Value by what follows the name, such as `{code="200"}` or `_sum`. */
export function samplesOf(text: string, name: string): Readonly<Record<string, number>> {
  const sample = new RegExp(
    `^${name}(?<rest>(?:_bucket|_sum|_count)?(?:\\{.*\\})?) (?<value>\\S+)$`,
    'gm',
  );
  return Object.fromEntries(
    [...text.matchAll(sample)].map(({ groups: { rest = '', value = '' } = {} }) => [
      rest,
      Number(value),
    ]),
  );
}
