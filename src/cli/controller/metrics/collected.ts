import { Gauge } from '@prometheus-io/client';
import type { Registry } from '@prometheus-io/client';

export interface Sample<Label extends string> {
  readonly labels: Readonly<Record<Label, string>>;
  readonly value: number;
}

/** A gauge that is looked up when it is asked for: its samples are those of that moment, and no others. */
export function collectedGauge<Label extends string>(
  registry: Registry,
  about: { readonly name: string; readonly help: string; readonly labelNames: readonly Label[] },
  collect: () => readonly Sample<NoInfer<Label>>[],
): void {
  const gauge: Gauge<Label> = new Gauge<Label>({
    ...about,
    labelNames: [...about.labelNames],
    registers: [registry],
    collect: () => {
      gauge.reset();
      for (const { labels, value } of collect()) {
        gauge.labels(...about.labelNames.map((name) => labels[name])).set(value);
      }
    },
  });
}

export const seconds = (ms: number): number => ms / 1000;
