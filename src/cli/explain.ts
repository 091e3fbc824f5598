import { explain } from '../core/explain/explain.ts';
import type { BuilderFiles, ImageReference } from '../core/explain/explanation.ts';
import { parseImageReference } from '../core/explain/image-reference.ts';
import type { Command, World } from './command.ts';
import { BUILDKITD_TOML_PATH, readOwnFiles } from './explain/own-files.ts';
import { chooseMirrorAuth, renderFiles } from './explain/rendered-files.ts';
import { explanationText } from './explain/text.ts';
import { loadFiles, parseFileNames } from './manifests/files.ts';
import { readManifests } from './manifests/manifests.ts';
import { parseNamespace } from './namespace.ts';
import { helpOf, oneOf, optionReader, SWITCH, takeWords, UsageError } from './options.ts';
import type { OptionReader } from './options.ts';
import { report, wantsColour } from './report.ts';
import type { LevelledNotice } from './report.ts';

const FORMATS = ['text', 'json'] as const;

const optional = (text: string): string | undefined => (text === '' ? undefined : text);

const OPTIONS = {
  filename: {
    flag: 'filename',
    short: 'f',
    value: 'FILE',
    help: 'a file, a folder or - with a MirrorAuth and what it names: what the operator would write for it is explained; may be given several times',
    default: '',
    whenEmpty: 'your own files',
    parseAll: (names: readonly string[]) => parseFileNames(names.filter((name) => name !== '')),
  },
  recursive: {
    ...SWITCH,
    flag: 'recursive',
    short: 'R',
    help: 'read the folders within a folder too',
  },
  name: {
    flag: 'name',
    value: '[NAMESPACE/]NAME',
    help: 'which MirrorAuth of those files',
    default: '',
    whenEmpty: 'the only one, or the only one that names the registry of the image',
    parse: (text: string) => text,
  },
  namespace: {
    flag: 'namespace',
    short: 'n',
    value: 'NAME',
    help: 'the namespace of objects that name none',
    default: 'default',
    parse: parseNamespace,
  },
  config: {
    flag: 'config',
    value: 'FILE',
    help: 'the config.json of the build client',
    default: '',
    whenEmpty: '$DOCKER_CONFIG/config.json, else ~/.docker/config.json',
    parse: optional,
  },
  buildkitdConfig: {
    flag: 'buildkitd-config',
    value: 'FILE',
    help: 'the buildkitd.toml of buildkitd',
    default: '',
    whenEmpty: BUILDKITD_TOML_PATH,
    parse: optional,
  },
  output: {
    flag: 'output',
    short: 'o',
    value: FORMATS.join('|'),
    help: 'text: for people. json: one object for programs, as described above',
    default: 'text',
    parse: oneOf('output', FORMATS),
  },
} as const;

const HELP = `Says which hosts a build of IMAGE asks and in which order; for each of them
which key of config.json is found, where that credential came from, and what
happens when the host answers 401. Beside it, what other programs do with the
same files, and the classic mistakes by name, with what to write instead.
Nothing is asked over the network, and no credential is shown.

Without -f it reads your own config.json and buildkitd.toml, and the variable
DOCKER_AUTH_CONFIG. With -f it reads what the operator would write for a
MirrorAuth, as mirrorauth render does.

  mirrorauth explain alpine:3.20
  mirrorauth explain ghcr.io/org/app --config=ci/config.json
  mirrorauth explain alpine -f mirrorauth.yaml -f secrets.yaml -o json

-o json has image {domain, path, tag, digest}; buildkit, a list in the order of
asking of {host, role, url, scheme, tls, credential, onUnauthorized}; others, a
list of {name, hosts: [{host, credential}], difference}; mistakes, a list of
{name, where, message}; notMade, names of outputs that could not be made, from
whose absence nothing follows. scheme and tls are {value, why}. A credential is
{kind, key, from, why}, with kind Login, Token, Anonymous, Random, Helper,
Unreadable or Unknown. What is not known is left out.

docs/reasons/<Name>.md explains each mistake, docs/lookup.md how lookups work.

Ends with 0 when no mistake was found, 1 when one was, or a file was refused, 2
when it was called wrongly.

${helpOf(OPTIONS, { environment: false })}`;

export const explainCommand: Command = {
  name: 'explain',
  summary: 'say which hosts a build of an image asks, with which login, and why',
  usage: 'explain IMAGE [-f FILE...] [options]',
  help: HELP,
  run: async (args, world) => {
    const { words, flags } = takeWords(OPTIONS, args);
    const read = optionReader(OPTIONS, flags);
    const format = read(OPTIONS.output);
    const image = imageOf(words);
    const { files, notices } = await builderFiles(read, image, world);
    const { stdout, environment } = world;
    report(notices, world, { isJson: format === 'json' });
    if (files === undefined) {
      return 1;
    }
    const explanation = explain(image, files);
    const hasErrors = notices.some(({ level }) => level === 'error');
    const isColoured = wantsColour(stdout, environment);
    stdout.write(
      format === 'json'
        ? `${JSON.stringify(explanation, null, 2)}\n`
        : explanationText(explanation, { files, hasErrors, isColoured }),
    );
    return hasErrors || explanation.mistakes.length > 0 ? 1 : 0;
  },
};

function imageOf(words: readonly string[]): ImageReference {
  const [text, ...others] = words;
  if (text === undefined || others.length > 0) {
    throw new UsageError('name one image: mirrorauth explain alpine:3.20');
  }
  if (text === 'scratch') {
    throw new UsageError('scratch is no image: nothing is pulled for it. Name another one');
  }
  const parsed = parseImageReference(text);
  if (!parsed.ok) {
    throw new UsageError(`the image ${parsed.message}`);
  }
  return parsed.image;
}

/** Undefined files: there is nothing that could be explained, and the notices say why. */
interface Found {
  readonly files: BuilderFiles | undefined;
  readonly notices: readonly LevelledNotice[];
}

async function builderFiles(
  read: OptionReader,
  image: ImageReference,
  world: World,
): Promise<Found> {
  const names = read(OPTIONS.filename);
  const own = { config: read(OPTIONS.config), buildkitdConfig: read(OPTIONS.buildkitdConfig) };
  const isOwnNamed = own.config !== undefined || own.buildkitdConfig !== undefined;
  if (names.length > 0) {
    if (isOwnNamed) {
      throw new UsageError('--config and --buildkitd-config are for your own files: leave -f out');
    }
    return renderedFiles(read, image, world);
  }
  const { files, problems } = await readOwnFiles(own, world.environment);
  const notices = problems.map((problem) => ({ level: 'error' as const, ...problem }));
  return { files: notices.length === 0 ? files : undefined, notices };
}

async function renderedFiles(
  read: OptionReader,
  image: ImageReference,
  { readStdin }: World,
): Promise<Found> {
  const names = read(OPTIONS.filename);
  const loaded = await loadFiles(names, { recursive: read(OPTIONS.recursive), readStdin });
  const manifests = readManifests(loaded.files, { namespace: read(OPTIONS.namespace) });
  const refused = [...loaded.problems, ...manifests.problems].map((problem) => {
    return { level: 'error' as const, ...problem };
  });
  if (manifests.mirrorAuths.length === 0) {
    const message = 'holds no MirrorAuth: name the file that has one';
    const absent = { level: 'error' as const, file: names.join(', '), message };
    return { files: undefined, notices: refused.length > 0 ? refused : [absent] };
  }
  const chosen = chooseMirrorAuth(manifests.mirrorAuths, read(OPTIONS.name), image.domain);
  const { files, notices } = renderFiles(manifests, chosen);
  return { files, notices: [...refused, ...notices] };
}
