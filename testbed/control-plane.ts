import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { freePorts, retryTakenPort } from './addresses.ts';
import { ensureBinaries } from './binaries.ts';
import { issueCertificate, makeAuthority } from './certs.ts';
import { ControlPlaneClient } from './control-plane/client.ts';
import type { ControlPlaneDetails } from './control-plane/client.ts';
import { startApiServer, startControllerManager, startEtcd } from './control-plane/processes.ts';
import type { ControlPlaneFiles } from './control-plane/processes.ts';
import { writeKubeconfig } from './control-plane/kubeconfig.ts';
import type { RunningProcess } from './process.ts';
import { printProgress } from './progress.ts';
import type { Progress } from './progress.ts';
import { temporaryDirectory } from './temporary-directory.ts';
import type { TemporaryDirectory } from './temporary-directory.ts';

/** Every request once, when it is complete; a watch also when it starts. */
const AUDIT_POLICY = {
  apiVersion: 'audit.k8s.io/v1',
  kind: 'Policy',
  omitStages: ['RequestReceived'],
  rules: [{ level: 'Metadata' }],
};

export interface ControlPlaneOptions {
  /** The folder for everything, kept at the end; absent: a temporary one. */
  readonly dir?: string;
  readonly progress?: Progress;
  /**
   * Files of CRDs, served before kube-controller-manager starts: its garbage collector
   * looks for new kinds only every 30 s.
   */
  readonly crds?: readonly string[];
}

/** A running control plane, and what one does with it. */
export class ControlPlane extends ControlPlaneClient {
  /** Aborted when one of its processes ends unasked; the reason quotes that one's log. */
  readonly died: AbortSignal;
  readonly #children: readonly RunningProcess[];
  readonly #directory: TemporaryDirectory | undefined;

  constructor(
    details: ControlPlaneDetails,
    children: readonly RunningProcess[],
    directory: TemporaryDirectory | undefined,
  ) {
    super(details);
    this.#children = children;
    this.#directory = directory;
    this.died = AbortSignal.any(children.map((child) => child.died));
  }

  /** Ends the processes, etcd last, and removes the temporary folder. */
  async stop(): Promise<void> {
    await stopAll(this.#children);
    await this.#directory?.remove();
  }
}

/**
 * Starts etcd, kube-apiserver and kube-controller-manager on free ports of 127.0.0.1.
 * When it resolves, /readyz is ok, RBAC's bootstrap roles and the namespace `default` are there,
 * and ServiceAccounts are being made. All of it ends with this process at the latest.
 * Errors: a process that does not come up is named, with the end of its log.
 */
export function startControlPlane(options: ControlPlaneOptions = {}): Promise<ControlPlane> {
  return retryTakenPort(async () => {
    const directory = options.dir === undefined ? await temporaryDirectory() : undefined;
    const children: RunningProcess[] = [];
    try {
      const dir = options.dir ?? directory?.path ?? '';
      return new ControlPlane(await start(dir, options, children), children, directory);
    } catch (error) {
      await stopAll(children);
      await directory?.remove();
      throw error;
    }
  });
}

/** Starts the processes in order and adds each to `children` as soon as it runs. */
async function start(
  dir: string,
  { progress = printProgress, crds = [] }: ControlPlaneOptions,
  children: RunningProcess[],
): Promise<ControlPlaneDetails> {
  const binaries = await ensureBinaries(
    ['etcd', 'kube-apiserver', 'kube-controller-manager', 'kubectl', 'credentials'],
    { progress },
  );
  const [etcdPort = 0, port = 0] = await freePorts(2);
  const url = `https://127.0.0.1:${port}`;
  const { files, details } = await writeFiles(dir, url, binaries.kubectl);
  const client = new ControlPlaneClient(details);

  children.push(await startEtcd(binaries.etcd, dir, etcdPort));
  const ca = await readFile(files.caPath, 'utf8');
  const command = binaries['kube-apiserver'];
  const server = await startApiServer({ command, files, etcdPort, port, ca });
  children.push(server);
  await server.whenReady(() => client.get('/api/v1/namespaces/default'));
  await applyCrds(client, crds);
  const manager = startControllerManager(binaries['kube-controller-manager'], files);
  children.push(manager);
  await manager.whenReady(() => client.get('/api/v1/namespaces/default/serviceaccounts/default'));
  return details;
}

async function writeFiles(
  dir: string,
  url: string,
  kubectlPath: string,
): Promise<{ files: ControlPlaneFiles; details: ControlPlaneDetails }> {
  await mkdir(dir, { recursive: true });
  const authority = await makeAuthority(join(dir, 'tls'), 'mirrorauth control plane');
  const names = { name: 'kube-apiserver', hosts: ['localhost'], ips: ['127.0.0.1'] };
  const certificate = await issueCertificate(authority, names);
  const files: ControlPlaneFiles = {
    dir,
    caPath: authority.certPath,
    ...certificate,
    serviceAccountKeyPath: join(dir, 'tls', 'service-account.key'),
    serviceAccountPublicKeyPath: join(dir, 'tls', 'service-account.pub'),
    tokensPath: join(dir, 'tokens.csv'),
    auditPolicyPath: join(dir, 'audit-policy.json'),
    auditLogPath: join(dir, 'audit.log'),
    controllerManagerKubeconfigPath: join(dir, 'kube-controller-manager.kubeconfig'),
  };
  await writeFile(files.auditPolicyPath, JSON.stringify(AUDIT_POLICY));
  await writeServiceAccountKeys(files);
  const [adminToken, managerToken] = [
    randomBytes(16).toString('hex'),
    randomBytes(16).toString('hex'),
  ];
  await writeFile(
    files.tokensPath,
    `${adminToken},admin,admin,system:masters\n` +
      `${managerToken},system:kube-controller-manager,kube-controller-manager\n`,
    { mode: 0o600 },
  );
  const ca = await readFile(authority.certPath, 'utf8');
  await writeKubeconfig(files.controllerManagerKubeconfigPath, {
    url,
    ca,
    user: 'system:kube-controller-manager',
    token: managerToken,
  });
  const kubeconfigPath = join(dir, 'kubeconfig');
  await writeKubeconfig(kubeconfigPath, { url, ca, user: 'admin', token: adminToken });
  const { auditLogPath, caPath } = files;
  return {
    files,
    details: { url, kubeconfigPath, adminToken, caPath, auditLogPath, kubectlPath, dir },
  };
}

async function writeServiceAccountKeys(files: ControlPlaneFiles): Promise<void> {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const pem = privateKey.export({ type: 'pkcs8', format: 'pem' });
  await writeFile(files.serviceAccountKeyPath, pem, { mode: 0o600 });
  await writeFile(
    files.serviceAccountPublicKeyPath,
    publicKey.export({ type: 'spki', format: 'pem' }),
  );
}

async function applyCrds(client: ControlPlaneClient, paths: readonly string[]): Promise<void> {
  if (paths.length === 0) return;
  const files = paths.map((path) => `--filename=${path}`);
  await client.expectKubectl(['apply', ...files]);
  await client.expectKubectl(['wait', '--for=condition=Established', ...files]);
}

async function stopAll(children: readonly RunningProcess[]): Promise<void> {
  for (const child of children.toReversed()) await child.stop();
}
