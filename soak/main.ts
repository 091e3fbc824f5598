import { parseArgs } from 'node:util';
import { startSetting } from '../bench/setting.ts';
import { runScript, UserError } from '../testbed/user-error.ts';
import { soak } from './soak.ts';
import type { SoakOptions } from './soak.ts';
import { asText, checksOf } from './verdict.ts';

/**
 * `npm run soak -- [--minutes N] [--mirrorauths N] [--secrets N] [--json]`: what it is doing on
 * stderr, the verdict on stdout; exit code 1 when something is not as it should be.
 */
async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      minutes: { type: 'string', default: '10' },
      mirrorauths: { type: 'string', default: '1000' },
      secrets: { type: 'string', default: '5000' },
      json: { type: 'boolean', default: false },
    },
  });
  const options: SoakOptions = {
    minutes: positive('minutes', values.minutes),
    mirrorAuths: Math.ceil(positive('mirrorauths', values.mirrorauths)),
    secrets: Math.ceil(positive('secrets', values.secrets)),
  };
  const setting = await startSetting();
  try {
    const checks = checksOf(await soak(setting, options));
    const passed = checks.every(({ holds }) => holds);
    process.stdout.write(
      values.json
        ? `${JSON.stringify({ ...options, passed, checks }, undefined, 2)}\n`
        : asText(checks),
    );
    process.exitCode = passed ? 0 : 1;
  } finally {
    await setting.stop();
  }
}

function positive(option: string, text: string): number {
  const number = Number(text);
  if (!(number > 0 && Number.isFinite(number))) {
    throw new UserError(`--${option}=${text}: write a number above 0`);
  }
  return number;
}

await runScript(main);
