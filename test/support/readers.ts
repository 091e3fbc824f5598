import { Buffer } from 'node:buffer';
import { spawn } from 'node:child_process';
import type { ChildProcessByStdio } from 'node:child_process';
import { appendFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import { afterAll, afterEach, beforeAll } from 'vitest';
import { z } from 'zod';
import { ensureBinaries } from '../../testbed/binaries.ts';

/** The program of test/readers/: what the real readers make of our outputs. */

export const READER_NAMES = ['buildkit', 'kaniko', 'kubelet', 'podman'] as const;
export type ReaderName = (typeof READER_NAMES)[number];

/** One pull: the host that would be contacted, and the repository there. */
export interface Ask {
  readonly host: string;
  readonly repository: string;
}

export interface LookupCase {
  /** config.json. */
  readonly config: string | Uint8Array;
  readonly asks: readonly Ask[];
  /** Fresh loads of the file; absent: 50, enough to see what depends on the order of a Go map. */
  readonly loads?: number;
  /** The environment variable DOCKER_AUTH_CONFIG. */
  readonly dockerAuthConfig?: string;
}

const latin1 = z.base64().transform((text) => Buffer.from(text, 'base64').toString('latin1'));
const token = z.string().transform((text) => text || undefined);

/** Bytes are shown as Latin-1, each a character. */
const found = z
  .object({ user: latin1, password: latin1, identityToken: token, registryToken: token })
  .transform(({ user, password, identityToken, registryToken }) => ({
    login: `${user}:${password}`,
    ...(identityToken !== undefined && { identityToken }),
    ...(registryToken !== undefined && { registryToken }),
  }));

const outcome = z.object({
  /** In the order of use; none: anonymous. kubelet alone has several. */
  tries: z.array(found),
  /** The reader gave up. */
  failed: z.boolean(),
  /** The file could not be read to its end, and the reader went on with what it had. */
  warned: z.boolean(),
});
export type Outcome = z.output<typeof outcome>;

/** For each ask the distinct outcomes of all loads: one, if nothing is left to chance. */
const lookupAnswer = z.record(z.enum(READER_NAMES), z.array(z.array(outcome)));
export type LookupAnswer = z.output<typeof lookupAnswer>;

const registryTable = z.object({
  mirrors: z.array(z.string()).nullable(),
  http: z.boolean().nullable(),
  insecure: z.boolean().nullable(),
  ca: z.array(z.string()).nullable(),
  keypair: z.array(z.object({ key: z.string(), cert: z.string() })).nullable(),
  tlsconfigdir: z.array(z.string()).nullable(),
});
export type RegistryTable = z.output<typeof registryTable>;
const registryTables = z.record(z.string(), registryTable);

const reading = z.object({
  loads: z.boolean(),
  /** See {@link tagged}. */
  table: z.unknown(),
  registries: registryTables.nullable(),
});

const tomlAnswer = z.object({
  /** Whether BuildKit's own config.Load takes it, and what it reads. */
  loads: z.boolean(),
  registries: registryTables,
  /** go-toml 1.9.5 of BuildKit 0.12, and go-toml 2 of later ones. */
  v1: reading,
  v2: reading,
});
export type TomlAnswer = z.output<typeof tomlAnswer>;

export interface HostsCase {
  readonly toml: string;
  /** The folder that `toml` says its files to be in, and what is in it. */
  readonly mountPath: string;
  readonly files: Readonly<Record<string, string>>;
  readonly origins: readonly string[];
}

const contact = z.object({
  host: z.string(),
  scheme: z.string(),
  path: z.string(),
  pull: z.boolean(),
  resolve: z.boolean(),
  push: z.boolean(),
  insecureSkipVerify: z.boolean(),
  fallsBackToHTTP: z.boolean(),
  /** Names of the files whose certificates it takes for authorities. */
  trusts: z.array(z.string()),
});
export type Contact = z.output<typeof contact>;

/** For each origin whom buildkitd contacts, in order; failed: every pull of it is an error. */
const hostsAnswer = z.array(z.object({ failed: z.boolean(), hosts: z.array(contact) }));
export type HostsAnswer = z.output<typeof hostsAnswer>;

export interface ContainerdCase {
  readonly user: string;
  readonly password: string;
  readonly mirrors: number;
}

/** For each mirror, then the origin, the logins that it was sent. */
const containerdAnswer = z.array(z.array(z.object({ user: z.string(), password: z.string() })));

const text = z.string().transform((value) => value || undefined);

/** Which image a text names; refused: none. */
const referenceAnswer = z.object({
  refused: z.boolean(),
  domain: text,
  path: text,
  tag: text,
  digest: text,
});
export type ReferenceAnswer = z.output<typeof referenceAnswer>;

export interface RouteCase {
  readonly toml: string;
  readonly image: string;
}

const routeAnswer = z.object({
  /** buildkitd takes the file. */
  starts: z.boolean(),
  /** Every pull of the image is an error before anybody is asked. */
  failed: z.boolean(),
  /** Of the manifest, in the order of asking, while everybody answers 401. */
  urls: z.array(z.string()),
});
export type RouteAnswer = z.output<typeof routeAnswer>;

const reply = z.union([z.object({ failure: z.string() }), z.object({ answer: z.unknown() })]);

interface Waiting {
  readonly resolve: (line: string) => void;
  readonly reject: (error: Error) => void;
}

/** A running program. Cases are answered in order, so that many may be asked at once. */
export class Readers {
  /** Every case that was asked, one a line: `readers < cases.jsonl` asks them again. */
  readonly casesPath: string;
  readonly #folder = mkdtempSync(join(tmpdir(), 'mirrorauth-readers-'));
  readonly #child: ChildProcessByStdio<Writable, Readable, Readable>;
  readonly #waiting: Waiting[] = [];
  #stderr = '';
  #ended: Error | undefined;

  private constructor(program: string) {
    this.casesPath = join(this.#folder, 'cases.jsonl');
    // It ends when its stdin does, however this process ends.
    this.#child = spawn(program, [], { stdio: ['pipe', 'pipe', 'pipe'] });
    this.#child.stdin.on('error', () => undefined);
    this.#child.stderr.setEncoding('utf8').on('data', (text: string) => {
      this.#stderr = `${this.#stderr}${text}`.slice(-4000);
    });
    createInterface({ input: this.#child.stdout }).on('line', (line) => {
      this.#waiting.shift()?.resolve(line);
    });
    this.#child.on('error', (error) => this.#end(error));
    this.#child.on('close', (code) => {
      this.#end(new Error(`readers ended with ${String(code)}:\n${this.#stderr}`));
    });
  }

  static async start(): Promise<Readers> {
    const { readers } = await ensureBinaries(['readers']);
    return new Readers(readers);
  }

  async lookup({ config, asks, loads = 50, dockerAuthConfig }: LookupCase): Promise<LookupAnswer> {
    const bytes = Buffer.from(config).toString('base64');
    const more = dockerAuthConfig === undefined ? {} : { dockerAuthConfig };
    return lookupAnswer.parse(
      await this.#ask({ op: 'lookup', config: bytes, asks, loads, ...more }),
    );
  }

  async toml(toml: string): Promise<TomlAnswer> {
    return tomlAnswer.parse(await this.#ask({ op: 'toml', toml }));
  }

  async hosts(input: HostsCase): Promise<HostsAnswer> {
    return hostsAnswer.parse(await this.#ask({ op: 'hosts', ...input }));
  }

  async reference(text: string): Promise<ReferenceAnswer> {
    return referenceAnswer.parse(await this.#ask({ op: 'reference', text }));
  }

  async route(input: RouteCase): Promise<RouteAnswer> {
    return routeAnswer.parse(await this.#ask({ op: 'route', ...input }));
  }

  /** The keys that buildkitd reads of its file, in the shape of src/core/buildkit/config-keys.ts. */
  async buildkitdKeys(): Promise<unknown> {
    return this.#ask({ op: 'buildkitdKeys' });
  }

  async containerd(input: ContainerdCase): Promise<z.output<typeof containerdAnswer>> {
    return containerdAnswer.parse(await this.#ask({ op: 'containerd', ...input }));
  }

  /** Ends the program. The file of cases stays when `keepCases`. */
  async stop({ keepCases }: { keepCases: boolean }): Promise<void> {
    if (this.#child.exitCode === null) {
      const gone = new Promise((resolve) => this.#child.once('close', resolve));
      this.#child.stdin.end();
      await gone;
    }
    if (!keepCases) rmSync(this.#folder, { recursive: true, force: true });
  }

  async #ask(input: object): Promise<unknown> {
    const line = JSON.stringify(input);
    appendFileSync(this.casesPath, `${line}\n`);
    const text = await new Promise<string>((resolve, reject) => {
      if (this.#ended !== undefined) throw this.#ended;
      this.#waiting.push({ resolve, reject });
      this.#child.stdin.write(`${line}\n`);
    });
    const answered = reply.parse(JSON.parse(text));
    if ('failure' in answered) throw new Error(`readers: ${answered.failure}`);
    return answered.answer;
  }

  #end(error: Error): void {
    this.#ended ??= error;
    for (const { reject } of this.#waiting.splice(0)) reject(error);
  }
}

/**
 * One program for the tests of a file. A failed test says where the cases are, beside fast-check's
 * own seed and path, and leaves them there.
 */
export function useReaders(): () => Readers {
  let readers: Readers | undefined;
  let hasFailed = false;
  beforeAll(async () => {
    readers = await Readers.start();
  });
  afterEach(({ task }) => {
    if (task.result?.state !== 'fail') return;
    hasFailed = true;
    process.stderr.write(`${task.name}: the cases asked are in ${readers?.casesPath ?? ''}\n`);
  });
  afterAll(() => readers?.stop({ keepCases: hasFailed }));
  return () => {
    if (readers === undefined) throw new Error('the program is started before the tests');
    return readers;
  };
}
