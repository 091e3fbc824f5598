import { parseArgs } from 'node:util';
import { runScript } from '../testbed/user-error.ts';
import { measureColdStart } from './cold-start.ts';
import { measureIdle } from './idle.ts';
import { measureMemory } from './memory.ts';
import type { Measurement } from './report.ts';
import { measurePlan } from './plan.ts';
import { asJson, asText, runOf } from './report.ts';
import { measureRender } from './render.ts';
import { measureRotation } from './rotation.ts';
import { startSetting } from './setting.ts';
import type { Setting } from './setting.ts';
import { measureSharedRotation } from './shared-rotation.ts';

/** In the order of the report. Each leaves the cluster as it found it, but for objects that do not matter. */
const MEASUREMENTS: readonly ((setting: Setting) => Promise<Measurement>)[] = [
  measurePlan,
  measureRender,
  measureRotation,
  measureSharedRotation,
  measureIdle,
  measureMemory,
  measureColdStart,
];

/** `npm run bench`: figures on stdout (`-- --json`: for programs), what it is doing on stderr. */
async function main(): Promise<void> {
  const { values } = parseArgs({ options: { json: { type: 'boolean', default: false } } });
  const setting = await startSetting();
  const measurements: Measurement[] = [];
  try {
    for (const measure of MEASUREMENTS) {
      measurements.push(await measure(setting));
    }
  } finally {
    await setting.stop();
  }
  const run = runOf(measurements, new Date());
  process.stdout.write(values.json ? asJson(run) : asText(run));
}

await runScript(main);
