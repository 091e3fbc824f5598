import { own, World } from '../test/support/world.ts';
import type { RunningProcess } from '../testbed/process.ts';
import { printProgress } from '../testbed/progress.ts';
import { apply, create, remove } from './noise.ts';
import type { Make } from './noise.ts';
import type { Figure, Measurement } from './report.ts';
import { settledMemory } from './resident.ts';
import type { Resident } from './resident.ts';
import type { Setting } from './setting.ts';

const SECRET_COUNT = 10_000;
const IDLE_MIB = 110;
const MORE_PERCENT = 10;
const MANY = SECRET_COUNT.toLocaleString('en');

/**
 * Reads the operator's resident memory when it has nothing to do: with one MirrorAuth, and with
 * thousands of Secrets beside it that are none of its business. Of those there are two kinds, see
 * noise.ts, and each is met in both ways: as changes while it runs, and in the list at its start.
 */
export async function measureMemory(setting: Setting): Promise<Measurement> {
  const world = await World.create(setting.cluster, 'memory');
  try {
    await world.login('source', 'robot', 'password');
    await world.apply('ci', {
      registries: [own('harbor.corp', 'source')],
      pullSecret: { name: 'pull' },
    });
    printProgress('memory: idle');
    const idle = await atRest(setting, () => world.ready('ci'));
    const created = await among(setting, 'created', create);
    const applied = await among(setting, 'applied', apply);
    return {
      title:
        "Memory: the operator's resident set (VmRSS) at rest, with unrelated Secrets of 32 KiB",
      figures: [
        { name: 'idle, one MirrorAuth', value: idle.now, unit: 'MiB', aim: IDLE_MIB },
        ...figuresOf(idle, `${MANY} Secrets created`, created),
        ...figuresOf(idle, `${MANY} Secrets applied by kubectl`, applied),
      ],
    };
  } finally {
    await world.close();
  }
}

interface Met {
  readonly asChanges: Resident;
  readonly atStart: Resident;
}

function figuresOf(idle: Resident, name: string, { asChanges, atStart }: Met): readonly Figure[] {
  const more = ({ now }: Resident): Pick<Figure, 'value' | 'unit' | 'aim'> => ({
    value: (now / idle.now - 1) * 100,
    unit: '%',
    aim: MORE_PERCENT,
  });
  return [
    { name: `${name} while it runs`, value: asChanges.now, unit: 'MiB' },
    { name: `${name} while it runs: more than idle`, ...more(asChanges) },
    { name: `${name} before it starts`, value: atStart.now, unit: 'MiB' },
    { name: `${name} before it starts: more than idle`, ...more(atStart) },
    { name: `${name} before it starts: peak`, value: atStart.peak, unit: 'MiB' },
  ];
}

/** Memory of an operator that meets Secrets, and of one that is started when they are there. */
async function among(setting: Setting, prefix: string, make: Make): Promise<Met> {
  printProgress(`memory: ${MANY} Secrets, ${prefix}`);
  const asChanges = await atRest(setting, () => make(setting, prefix, SECRET_COUNT));
  const atStart = await atRest(setting);
  await remove(setting, prefix);
  return { asChanges, atStart };
}

async function atRest(setting: Setting, happening?: () => Promise<unknown>): Promise<Resident> {
  const operator: RunningProcess = await setting.startOperator();
  try {
    await happening?.();
    return await settledMemory(operator.pid);
  } finally {
    await operator.stop();
  }
}
