import { httpGet } from '../http-get.ts';
import type { ControlPlaneFiles } from './files.ts';
import { startProcess } from '../process.ts';
import type { RunningProcess } from '../process.ts';

/** The controllers that tests see the work of. */
const CONTROLLERS = [
  'clusterrole-aggregation-controller',
  'garbage-collector-controller',
  'namespace-controller',
  'resourcequota-controller',
  'serviceaccount-controller',
  'serviceaccount-token-controller',
];

/** Starts etcd. Without fsync: this data need not survive a crash. */
export function startEtcd(command: string, dir: string, url: string): RunningProcess {
  return startProcess({
    name: 'etcd',
    command,
    logDir: dir,
    args: [
      `--data-dir=${dir}/etcd`,
      '--unsafe-no-fsync',
      `--listen-client-urls=${url}`,
      `--advertise-client-urls=${url}`,
      // Nobody else joins; port 0 takes any free one.
      '--listen-peer-urls=http://127.0.0.1:0',
      '--log-level=warn',
    ],
  });
}

export interface ApiServerOptions {
  readonly command: string;
  readonly files: ControlPlaneFiles;
  readonly etcdUrl: string;
  readonly port: number;
}

/** Starts kube-apiserver with what a real cluster has: RBAC, TLS, the default admission plugins. */
export function startApiServer(options: ApiServerOptions): RunningProcess {
  const { command, files, etcdUrl, port } = options;
  return startProcess({
    name: 'kube-apiserver',
    command,
    logDir: files.dir,
    args: [
      `--etcd-servers=${etcdUrl}`,
      '--bind-address=127.0.0.1',
      `--secure-port=${port}`,
      // Without these a machine with no default route has no address to advertise.
      '--advertise-address=127.0.0.1',
      '--endpoint-reconciler-type=none',
      `--tls-cert-file=${files.certPath}`,
      `--tls-private-key-file=${files.keyPath}`,
      '--authorization-mode=RBAC',
      `--token-auth-file=${files.tokensPath}`,
      '--service-account-issuer=https://kubernetes.default.svc',
      `--service-account-key-file=${files.serviceAccountPublicKeyPath}`,
      `--service-account-signing-key-file=${files.serviceAccountKeyPath}`,
      '--service-cluster-ip-range=10.0.0.0/24',
      // PodSecurity is one of the defaults; ServiceAccount refuses pods until theirs is there.
      '--disable-admission-plugins=ServiceAccount',
      // Else every privileged pod is invalid, and no test could see PodSecurity refuse one.
      '--allow-privileged',
      `--audit-policy-file=${files.auditPolicyPath}`,
      `--audit-log-path=${files.auditLogPath}`,
      '--audit-log-mode=blocking',
      // Megabytes. 0 would mean 100, and a mark is a place in one file.
      '--audit-log-maxsize=10000',
    ],
  });
}

/**
 * Starts kube-controller-manager. Each controller acts with a ServiceAccount of its own and the
 * role that RBAC's bootstrap gave it, as in a real cluster.
 */
export function startControllerManager(command: string, files: ControlPlaneFiles): RunningProcess {
  return startProcess({
    name: 'kube-controller-manager',
    command,
    logDir: files.dir,
    args: [
      `--kubeconfig=${files.controllerManagerKubeconfigPath}`,
      `--controllers=${CONTROLLERS.join(',')}`,
      '--use-service-account-credentials',
      `--service-account-private-key-file=${files.serviceAccountKeyPath}`,
      `--root-ca-file=${files.caPath}`,
      '--leader-elect=false',
      '--secure-port=0',
    ],
  });
}

/** Asks a health endpoint once. Errors: any answer but 200. */
export async function expectOk(url: string, ca?: string): Promise<void> {
  const { status, body } = await httpGet(url, ca === undefined ? {} : { ca });
  if (status !== 200) throw new Error(`${url} was answered ${status}: ${body}`);
}
