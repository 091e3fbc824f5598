import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { freePorts } from '../../testbed/addresses.ts';
import { issueCertificate, makeAuthority } from '../../testbed/certs.ts';
import type { Certificate } from '../../testbed/certs.ts';
import type { AuditEvent, AuditMark } from '../../testbed/audit-log.ts';
import type { ControlPlaneClient } from '../../testbed/control-plane/client.ts';
import { eventually } from '../../testbed/eventually.ts';
import { startProcess } from '../../testbed/process.ts';
import type { RunningProcess } from '../../testbed/process.ts';
import { temporaryDirectory } from '../../testbed/temporary-directory.ts';
import type { FakeClock } from './fake-clock.ts';
import { FaultProxy } from './fault-proxy.ts';
import { startOperator } from './operator.ts';
import type { Operator, OperatorOptions } from './operator.ts';
import { HUB } from './secrets.ts';
import { duplicate, own, World } from './world.ts';

const MAIN = new URL('../../src/main.ts', import.meta.url).pathname;
const DEPLOYED = { serviceAccount: 'mirrorauth', namespace: 'mirrorauth-system' };
/** As the audit log names the operator. */
export const OPERATOR = 'system:serviceaccount:mirrorauth-system:mirrorauth';

/** A namespace of its own, an operator for it, and a proxy between that and the API server. */
export class Lab {
  readonly world: World;
  readonly proxy: FaultProxy;
  /** Of the deployed ServiceAccount, through the proxy. */
  readonly kubeconfig: string;
  /** For files of the test; the proxy's certificates are there too. */
  readonly dir: string;
  readonly #cluster: ControlPlaneClient;
  readonly #operators = new Set<Operator>();

  private constructor(parts: {
    readonly cluster: ControlPlaneClient;
    readonly world: World;
    readonly proxy: FaultProxy;
    readonly kubeconfig: string;
    readonly dir: string;
  }) {
    this.#cluster = parts.cluster;
    this.world = parts.world;
    this.proxy = parts.proxy;
    this.kubeconfig = parts.kubeconfig;
    this.dir = parts.dir;
  }

  /** Without an operator yet. It is taken down with the test. */
  static async create(cluster: ControlPlaneClient, name: string): Promise<Lab> {
    const directory = await temporaryDirectory();
    const world = await World.create(cluster, name);
    const { proxy, caPath } = await startProxy(cluster, directory.path);
    const kubeconfig = join(directory.path, 'kubeconfig');
    const text = await readFile(await cluster.kubeconfigFor(DEPLOYED), 'utf8');
    await writeFile(kubeconfig, await redirected(text, cluster, { url: proxy.url, caPath }));
    const lab = new Lab({ cluster, world, proxy, kubeconfig, dir: directory.path });
    onTestFinished(async () => {
      proxy.letGo();
      await lab.stopOperators();
      await proxy.stop();
      await world.close();
      await directory.remove();
    });
    return lab;
  }

  /** With an operator in this process that has listed everything. */
  static async start(
    cluster: ControlPlaneClient,
    name: string,
    options: Partial<OperatorOptions> = {},
  ): Promise<Lab> {
    const lab = await Lab.create(cluster, name);
    await lab.startOperator(options);
    return lab;
  }

  async startOperator(options: Partial<OperatorOptions> = {}): Promise<Operator> {
    const operator = await startOperator(this.#cluster, {
      namespaces: [this.world.namespace],
      kubeconfig: this.kubeconfig,
      ...options,
    });
    this.#operators.add(operator);
    return operator;
  }

  async stopOperators(): Promise<void> {
    for (const operator of this.#operators) {
      await operator.stop();
    }
    this.#operators.clear();
  }

  /** The operator as a process of its own, for signals. It ends with the test at the latest. */
  async spawnOperator(name: string, args: readonly string[] = []): Promise<OperatorProcess> {
    const [port = 0] = await freePorts(1);
    const running = startProcess({
      name,
      command: process.execPath,
      args: [
        MAIN,
        'controller',
        '--trust=open',
        `--kubeconfig=${this.kubeconfig}`,
        `--namespaces=${this.world.namespace}`,
        `--health-address=127.0.0.1:${String(port)}`,
        '--log-level=debug',
        ...args,
      ],
      logDir: this.dir,
    });
    onTestFinished(async () => {
      // One that a test stopped cannot end.
      signal(running, 'SIGCONT');
      await running.stop();
    });
    return {
      running,
      signal: (name) => signal(running, name),
      probe: async (path) => (await fetch(`http://127.0.0.1:${String(port)}${path}`)).status,
    };
  }

  /** Lets the operator have its Lease in this namespace and not, as deployed, in its own. */
  async allowLeases(): Promise<void> {
    const [, , ...serviceAccount] = OPERATOR.split(':');
    await this.world.kubectl([
      'create',
      'role',
      'leases',
      '--verb=get,create,update',
      '--resource=leases.coordination.k8s.io',
    ]);
    await this.world.kubectl([
      'create',
      'rolebinding',
      'leases',
      '--role=leases',
      `--serviceaccount=${serviceAccount.join(':')}`,
    ]);
  }

  mark(): Promise<AuditMark> {
    return this.#cluster.auditMark();
  }

  /** What the operator asked of the API server since a mark, watches and events for people left out. */
  async calls(since: AuditMark): Promise<readonly AuditEvent[]> {
    const all = await this.#cluster.auditEvents({
      user: OPERATOR,
      namespace: this.world.namespace,
      since,
    });
    return all.filter(
      ({ verb, stage, resource }) =>
        verb !== 'watch' && stage === 'ResponseComplete' && resource !== 'events',
    );
  }

  /** What it wrote since a mark, as `verb resource/name`: what the API server carried out. */
  async writes(since: AuditMark): Promise<readonly string[]> {
    return (await this.calls(since))
      .filter(({ verb, code }) => verb !== 'get' && verb !== 'list' && code < 300)
      .map(nameOfCall);
  }

  /** A Secret `<name>-hub`, and a MirrorAuth that makes `<name>-pull` and `<name>-config` of it. */
  async make(name: string): Promise<void> {
    await this.world.login(`${name}-hub`, 'me', 'first');
    await this.world.apply(name, hubBehindHarbor(name));
    await this.world.ready(name);
  }

  untilLogins(secret: string, password: string): Promise<unknown> {
    return this.world.until(
      `${secret} to have the password ${password}`,
      () => this.world.logins(secret),
      (found) => JSON.stringify(found) === JSON.stringify(bothWith(password)),
    );
  }

  /** Waits until the proxy has nothing under way but watches. */
  async untilIdle(): Promise<void> {
    await eventually(
      () => {
        const open = this.proxy.passages.filter(
          ({ to, request }) => to === undefined && request.verb !== 'watch',
        );
        if (open.length > 0) {
          throw new Error(`${String(open.length)} requests are under way`);
        }
      },
      { describe: 'the requests under way', intervalMs: 2 },
    );
  }

  /** Waits as `World.until` does while time passes, at most a second at each look, as retries need it. */
  whileTimePasses<T>(clock: FakeClock, { describe, look, isRight }: Wait<T>): Promise<T> {
    return this.world.until(
      describe,
      async () => {
        await this.untilIdle();
        clock.advance(Math.min(clock.waits().find(isPace) ?? 100, 1_000));
        return look();
      },
      isRight,
    );
  }

  /**
   * Lets so much time pass, from one timer of the operator to the next, each with what it sets off.
   * Its watches have to last longer, or their time limits are taken for something that is due.
   *
   * @param of counts what is of interest
   * @returns how many more of it there are then
   */
  async countWithin(clock: FakeClock, ms: number, of: () => number): Promise<number> {
    const before = of();
    const end = clock.now() + ms;
    for (;;) {
      await this.untilIdle();
      const seen = of();
      const next = await clock.waitFor(isPace);
      if (clock.now() + next > end) {
        return of() - before;
      }
      clock.advance(next);
      await this.#untilMore(of, seen);
    }
  }

  /** Or until it is clear that this timer was for something else. */
  async #untilMore(of: () => number, seen: number): Promise<void> {
    const more = (): void => {
      if (of() === seen) {
        throw new Error('no more yet');
      }
    };
    await eventually(more, { describe: 'more', intervalMs: 2, deadlineMs: 200 }).catch(
      () => undefined,
    );
  }
}

/** Requests take no time here: their time limit stands at its full 20 s. Watches last longer. */
const isPace = (ms: number): boolean => ms !== 20_000 && ms <= 300_000;

/** The operator as a process. */
export interface OperatorProcess {
  readonly running: RunningProcess;
  readonly signal: (name: NodeJS.Signals) => void;
  /** The HTTP status of one of its probes. */
  readonly probe: (path: '/livez' | '/readyz') => Promise<number>;
}

/** Waits until it ends unasked; returns how, with the end of its log. */
export function untilEnded({ running }: OperatorProcess): Promise<string> {
  return eventually(
    () => {
      if (!running.died.aborted) {
        throw new Error('it runs');
      }
      return String(running.died.reason);
    },
    { describe: `${running.name} to end`, deadlineMs: 30_000 },
  );
}

function signal({ pid, died }: RunningProcess, name: NodeJS.Signals): void {
  if (!died.aborted) {
    process.kill(pid, name);
  }
}

interface Wait<T> {
  readonly describe: string;
  readonly look: () => Promise<T>;
  readonly isRight: (found: T) => boolean;
}

/** `patch mirrorauths/ci/status`. */
export function nameOfCall({ verb, resource, name, subresource }: AuditEvent): string {
  return `${verb} ${[resource, name, subresource].filter((part) => part !== undefined).join('/')}`;
}

export const bothWith = (password: string): Readonly<Record<string, string>> => ({
  'harbor.corp': `me:${password}`,
  [HUB]: `me:${password}`,
});

/** Docker Hub behind harbor.corp, which is given its login. */
export function hubBehindHarbor(name: string): Record<string, unknown> {
  return {
    registries: [own('docker.io', `${name}-hub`), duplicate('harbor.corp', 'docker.io')],
    mirrors: [{ origin: 'docker.io', endpoints: ['harbor.corp/hub'] }],
    pullSecret: { name: `${name}-pull` },
    buildkitConfig: { name: `${name}-config` },
  };
}

async function startProxy(
  { details }: ControlPlaneClient,
  dir: string,
): Promise<{ readonly proxy: FaultProxy; readonly caPath: string }> {
  const { caPath, certificate } = await newCertificate(join(dir, 'tls'));
  const proxy = await FaultProxy.start({
    origin: { url: details.url, ca: await readFile(details.caPath, 'utf8') },
    tls: await pemOf(certificate),
  });
  return { proxy, caPath };
}

/** A certificate for loopback, by an authority of its own. */
export async function newCertificate(
  dir: string,
): Promise<{ readonly caPath: string; readonly certificate: Certificate }> {
  const authority = await makeAuthority(dir, 'mirrorauth fault proxy');
  const certificate = await issueCertificate(authority, { ips: ['127.0.0.1'] });
  return { caPath: authority.certPath, certificate };
}

export async function pemOf({
  certPath,
  keyPath,
}: Certificate): Promise<{ readonly cert: string; readonly key: string }> {
  return { cert: await readFile(certPath, 'utf8'), key: await readFile(keyPath, 'utf8') };
}

/** The same kubeconfig for another server. */
async function redirected(
  text: string,
  { details }: ControlPlaneClient,
  to: { readonly url: string; readonly caPath: string },
): Promise<string> {
  const base64 = async (path: string): Promise<string> => (await readFile(path)).toString('base64');
  return text
    .replace(details.url, to.url)
    .replace(await base64(details.caPath), await base64(to.caPath));
}
