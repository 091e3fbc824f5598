import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { askCredentials } from './credentials.ts';

const PemPair = z.object({ certificate: z.string(), key: z.string() });

/** A private certificate authority, as PEM files. */
export interface Authority {
  readonly certPath: string;
  readonly keyPath: string;
  /** The folder that holds it and what it issues. */
  readonly dir: string;
}

/** A server's certificate and key, as PEM files. */
export interface Certificate {
  readonly certPath: string;
  readonly keyPath: string;
}

export interface Subject {
  /** The name of the two files; absent: `server`. */
  readonly name?: string;
  readonly hosts?: readonly string[];
  readonly ips?: readonly string[];
}

/** Makes a certificate authority in `dir` (`ca.crt`, `ca.key`). */
export async function makeAuthority(dir: string, name = 'mirrorauth testbed'): Promise<Authority> {
  const pair = await askCredentials('authority', { name }, PemPair);
  return { dir, ...(await writePair(dir, 'ca', pair)) };
}

/** Issues a server certificate for these names and addresses beside the authority's own files. */
export async function issueCertificate(
  authority: Authority,
  { name = 'server', hosts = [], ips = [] }: Subject,
): Promise<Certificate> {
  const issuer = {
    certificate: await readFile(authority.certPath, 'utf8'),
    key: await readFile(authority.keyPath, 'utf8'),
  };
  const pair = await askCredentials('certificate', { authority: issuer, hosts, ips }, PemPair);
  return writePair(authority.dir, name, pair);
}

async function writePair(
  dir: string,
  name: string,
  pair: z.infer<typeof PemPair>,
): Promise<Certificate> {
  await mkdir(dir, { recursive: true });
  const files = { certPath: join(dir, `${name}.crt`), keyPath: join(dir, `${name}.key`) };
  await writeFile(files.certPath, pair.certificate);
  await writeFile(files.keyPath, pair.key, { mode: 0o600 });
  return files;
}
