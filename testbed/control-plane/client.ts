import { randomUUID } from 'node:crypto';
import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { auditEvents, auditMark } from '../audit-log.ts';
import type { AuditEvent, AuditFilter, AuditMark } from '../audit-log.ts';
import { httpGet } from '../http-get.ts';
import { writeKubeconfig } from './kubeconfig.ts';
import { run } from '../run.ts';
import type { Finished } from '../run.ts';

/** All that is needed to use a running control plane; plain data, so that it can go to other processes. */
export interface ControlPlaneDetails {
  readonly url: string;
  /** etcd's, for clients of its own: plain HTTP, JSON (`/v3/kv/…`). */
  readonly etcdUrl: string;
  /** A kubeconfig of group `system:masters`. */
  readonly kubeconfigPath: string;
  readonly adminToken: string;
  /** The API server's CA certificate, PEM. */
  readonly caPath: string;
  readonly auditLogPath: string;
  readonly kubectlPath: string;
  /** The folder of all of it, the children's logs among them. */
  readonly dir: string;
}

export interface KubectlOptions {
  /** The text of `-f -`. */
  readonly input?: string;
  /** Whose rights; absent: the administrator's. */
  readonly kubeconfigPath?: string;
}

export interface ServiceAccountRef {
  readonly serviceAccount: string;
  readonly namespace: string;
}

/** What one does with a running control plane. */
export class ControlPlaneClient {
  readonly details: ControlPlaneDetails;

  constructor(details: ControlPlaneDetails) {
    this.details = details;
  }

  /** Runs kubectl to its end; a refusal is a result (`code`, `stderr`) and no error. */
  kubectl(args: readonly string[], options: KubectlOptions = {}): Promise<Finished> {
    const { dir, kubeconfigPath, kubectlPath } = this.details;
    return run(kubectlPath, args, {
      ...(options.input === undefined ? {} : { input: options.input }),
      env: {
        ...process.env,
        KUBECONFIG: options.kubeconfigPath ?? kubeconfigPath,
        KUBECACHEDIR: join(dir, 'kubectl-cache'),
      },
    });
  }

  /** Runs kubectl and gives its stdout. Errors: it fails; with what it says. */
  async expectKubectl(args: readonly string[], options: KubectlOptions = {}): Promise<string> {
    const { code, stdout, stderr } = await this.kubectl(args, options);
    if (code !== 0) throw new Error(`kubectl ${args.join(' ')} failed: ${stderr.trim()}`);
    return stdout;
  }

  /** A kubeconfig with a day's token of an existing ServiceAccount, by the TokenRequest API. */
  async kubeconfigFor({ serviceAccount, namespace }: ServiceAccountRef): Promise<string> {
    const token = await this.expectKubectl([
      'create',
      'token',
      serviceAccount,
      `--namespace=${namespace}`,
      '--duration=24h',
    ]);
    const folder = join(this.details.dir, 'kubeconfigs');
    await mkdir(folder, { recursive: true });
    return writeKubeconfig(join(folder, `${serviceAccount}-${randomUUID()}`), {
      url: this.details.url,
      ca: await this.#ca(),
      user: serviceAccount,
      token: token.trim(),
      namespace,
    });
  }

  /** A place in the audit log that is behind every request which was answered before this call. */
  auditMark(): Promise<AuditMark> {
    return auditMark(this.details.auditLogPath, (query) => this.get(`/version?${query}`));
  }

  /** The audited requests up to now: those of every request that was answered before this call. */
  async auditEvents(filter: Omit<AuditFilter, 'until'> = {}): Promise<AuditEvent[]> {
    return auditEvents(this.details.auditLogPath, { ...filter, until: await this.auditMark() });
  }

  /** GETs a path as administrator. Errors: any status but 200. */
  async get(path: string): Promise<string> {
    const { status, body } = await httpGet(`${this.details.url}${path}`, {
      ca: await this.#ca(),
      headers: { authorization: `Bearer ${this.details.adminToken}` },
    });
    if (status !== 200) throw new Error(`GET ${path} was answered ${status}`);
    return body;
  }

  #ca(): Promise<string> {
    return readFile(this.details.caPath, 'utf8');
  }
}
