import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { issueCertificate, makeAuthority } from '../certs.ts';
import type { ControlPlaneDetails } from './client.ts';
import { writeKubeconfig } from './kubeconfig.ts';

/** Every request once, when it is complete; a watch also when it starts. */
const AUDIT_POLICY = {
  apiVersion: 'audit.k8s.io/v1',
  kind: 'Policy',
  omitStages: ['RequestReceived'],
  rules: [{ level: 'Metadata' }],
};

/** The files that the processes are given; all of them are in `dir`. */
export interface ControlPlaneFiles {
  readonly dir: string;
  readonly caPath: string;
  readonly certPath: string;
  readonly keyPath: string;
  readonly serviceAccountKeyPath: string;
  readonly serviceAccountPublicKeyPath: string;
  readonly tokensPath: string;
  readonly auditPolicyPath: string;
  readonly auditLogPath: string;
  readonly controllerManagerKubeconfigPath: string;
}

export interface ControlPlaneFacts {
  readonly dir: string;
  /** The API server's. */
  readonly url: string;
  readonly etcdUrl: string;
  readonly kubectlPath: string;
}

/** Makes certificates, keys and tokens, and writes every file that the processes start from. */
export async function writeFiles({
  dir,
  url,
  etcdUrl,
  kubectlPath,
}: ControlPlaneFacts): Promise<{ files: ControlPlaneFiles; details: ControlPlaneDetails }> {
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
  const { adminToken, kubeconfigPath } = await writeUsers(files, url);
  const { auditLogPath, caPath } = files;
  return {
    files,
    details: { url, etcdUrl, kubeconfigPath, adminToken, caPath, auditLogPath, kubectlPath, dir },
  };
}

/** The two users that are no ServiceAccounts: the administrator and kube-controller-manager. */
async function writeUsers(
  files: ControlPlaneFiles,
  url: string,
): Promise<{ adminToken: string; kubeconfigPath: string }> {
  const manager = 'system:kube-controller-manager';
  const adminToken = randomBytes(16).toString('hex');
  const managerToken = randomBytes(16).toString('hex');
  await writeFile(
    files.tokensPath,
    `${adminToken},admin,admin,system:masters\n${managerToken},${manager},${manager}\n`,
    { mode: 0o600 },
  );
  const ca = await readFile(files.caPath, 'utf8');
  const kubeconfigPath = join(files.dir, 'kubeconfig');
  await writeKubeconfig(kubeconfigPath, { url, ca, user: 'admin', token: adminToken });
  await writeKubeconfig(files.controllerManagerKubeconfigPath, {
    url,
    ca,
    user: manager,
    token: managerToken,
  });
  return { adminToken, kubeconfigPath };
}

async function writeServiceAccountKeys(files: ControlPlaneFiles): Promise<void> {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const privatePem = privateKey.export({ type: 'pkcs8', format: 'pem' });
  const publicPem = publicKey.export({ type: 'spki', format: 'pem' });
  await writeFile(files.serviceAccountKeyPath, privatePem, { mode: 0o600 });
  await writeFile(files.serviceAccountPublicKeyPath, publicPem);
}
