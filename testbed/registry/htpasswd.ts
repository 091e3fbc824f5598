import { rename, writeFile } from 'node:fs/promises';
import { z } from 'zod';
import { askCredentials } from '../credentials.ts';

/** Passwords by user name. */
export type Users = Readonly<Record<string, string>>;

const Hashes = z.object({ hashes: z.array(z.string()) });

/**
 * Writes an htpasswd file with bcrypt hashes, the only ones that distribution takes.
 * The file is replaced whole: a running registry reads it again as soon as its modification time
 * differs (distribution v3.1.2 registry/auth/htpasswd/access.go).
 */
export async function writeHtpasswd(path: string, users: Users): Promise<void> {
  const names = Object.keys(users);
  const { hashes } = await askCredentials('bcrypt', { passwords: Object.values(users) }, Hashes);
  const lines = names.map((name, index) => `${name}:${hashes[index]}\n`);
  await writeFile(`${path}.new`, lines.join(''), { mode: 0o600 });
  await rename(`${path}.new`, path);
}
