import type { z } from 'zod';
import { ensureBinaries } from './binaries.ts';
import { run } from './run.ts';

/** Asks our Go program (`go/credentials/main.go`) for what Node's standard library cannot make. */
export async function askCredentials<T>(
  subcommand: 'authority' | 'certificate' | 'bcrypt',
  request: object,
  answer: z.ZodType<T>,
): Promise<T> {
  const { credentials } = await ensureBinaries(['credentials']);
  const { code, stdout, stderr } = await run(credentials, [subcommand], {
    input: JSON.stringify(request),
  });
  if (code !== 0) throw new Error(`credentials ${subcommand} failed: ${stderr.trim()}`);
  return answer.parse(JSON.parse(stdout));
}
