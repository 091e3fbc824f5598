import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Removes "$1" when stdin closes; more than once, because programs that write there end a bit later. */
const REMOVE_WITH_PARENT = `
read -r _
for _ in 1 2 3 4 5 6 7 8 9 10; do rm -rf -- "$1" 2>/dev/null && exit; sleep 1; done
`;

export interface TemporaryDirectory {
  readonly path: string;
  remove(): Promise<void>;
}

/** A new folder that is gone after `remove()`, and also when this process ends without calling it. */
export async function temporaryDirectory(): Promise<TemporaryDirectory> {
  const path = await mkdtemp(join(tmpdir(), 'mirrorauth-'));
  const keeper = spawn('/bin/sh', ['-c', REMOVE_WITH_PARENT, 'sh', path], {
    stdio: ['pipe', 'ignore', 'ignore'],
    detached: true,
  });
  keeper.unref();
  return {
    path,
    async remove() {
      await rm(path, { recursive: true, force: true, maxRetries: 5 });
      keeper.stdin.end();
    },
  };
}
