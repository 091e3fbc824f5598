import { tmpdir } from 'node:os';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { runScript, UserError } from '../testbed/user-error.ts';
import { heading, line } from './page.ts';
import { NAMESPACE, startSetting } from './setting.ts';
import type { Setting } from './setting.ts';
import { tellStory } from './story.ts';

/**
 * `npm run demo`: the story on stdout, what it waits for on stderr. With KEEP=1 everything goes on
 * running until Ctrl-C. Errors: {@link UserError}, whatever it was.
 */
async function main(): Promise<void> {
  try {
    await demo();
  } catch (error) {
    if (error instanceof UserError) throw error;
    const reason = error instanceof Error ? error.message : String(error);
    throw new UserError(`the demo stopped: ${reason}`, { cause: error });
  }
}

async function demo(): Promise<void> {
  const setting = await startSetting();
  try {
    await tellStory(setting);
    if (process.env['KEEP'] === '1') await keep(setting);
  } finally {
    await setting.stop();
  }
  if (process.env['KEEP'] === '1') line(`stopped; nothing is left in ${tmpdir()}`);
}

async function keep({ cluster, operator }: Setting): Promise<void> {
  const { kubeconfigPath, kubectlPath } = cluster.details;
  heading('Everything goes on running until Ctrl-C. In another terminal:');
  line(`export KUBECONFIG=${kubeconfigPath}`);
  line(`export PATH=${dirname(kubectlPath)}:$PATH`);
  line(`kubectl get mauth,secrets,configmaps --namespace ${NAMESPACE}`);
  line(`kubectl describe mauth ci --namespace ${NAMESPACE}`);
  line(`tail -f ${operator.logPath}`);
  line("kubectl create namespace builds  # then README's first MirrorAuth");
  line('# The Deployment in mirrorauth-system is 0/1: here mirrorauth is a process.');
  await aborted(AbortSignal.any([stopAsked(), cluster.died, operator.died]));
  cluster.died.throwIfAborted();
  operator.died.throwIfAborted();
}

/**
 * Aborted by SIGTERM and Ctrl-C. From a terminal Ctrl-C is read as a key: its SIGINT would reach
 * make as well, which ends with an error then.
 */
function stopAsked(): AbortSignal {
  const asked = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => asked.abort());
  const { stdin } = process;
  if (stdin.isTTY) {
    stdin.setRawMode(true).on('data', (keys: Buffer) => {
      if (keys.includes(CTRL_C)) asked.abort();
    });
    asked.signal.addEventListener('abort', () => stdin.setRawMode(false).pause());
  }
  return asked.signal;
}

const CTRL_C = 3;
const DAY_MS = 86_400_000;

/** Listening for a signal does not keep Node running, a timer does. */
async function aborted(signal: AbortSignal): Promise<void> {
  while (!signal.aborted) await sleep(DAY_MS, undefined, { signal }).catch(() => undefined);
}

await runScript(main);
