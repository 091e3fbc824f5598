import { count } from '../core/plan/duty.ts';
import type { Command } from './command.ts';
import { loadFiles, parseFileNames, STANDARD_INPUT } from './manifests/files.ts';
import { readManifests } from './manifests/manifests.ts';
import type { Manifests } from './manifests/manifests.ts';
import { parseNamespace } from './namespace.ts';
import { helpOf, oneOf, optionReader, SWITCH } from './options.ts';
import type { Notice } from './problem.ts';
import { FORMATS, print } from './render/print.ts';
import { render } from './render/render.ts';
import { report } from './report.ts';

const OPTIONS = {
  filename: {
    flag: 'filename',
    short: 'f',
    value: 'FILE',
    help: 'a file, a folder, of which every .yaml, .yml and .json file is read, or - for standard input; may be given several times',
    parseAll: parseFileNames,
  },
  recursive: {
    ...SWITCH,
    flag: 'recursive',
    short: 'R',
    help: 'read the folders within a folder too',
  },
  namespace: {
    flag: 'namespace',
    short: 'n',
    value: 'NAME',
    help: 'the namespace of objects that name none',
    default: 'default',
    parse: parseNamespace,
  },
  output: {
    flag: 'output',
    short: 'o',
    value: FORMATS.join('|'),
    help: 'yaml: documents, and problems in words. json: one List, and problems as lines of JSON with level, file, line, object, field, reason, message and wantedBy',
    default: 'yaml',
    parse: oneOf('output', FORMATS),
  },
  showCredentials: {
    ...SWITCH,
    flag: 'show-credentials',
    help: 'print the Secrets as they are written, credentials and all',
  },
} as const;

const HELP = `Reads MirrorAuths with the Secrets and ConfigMaps that they name, without a
cluster, and prints the Secrets and ConfigMaps that the operator would write for
them: the same bytes, by the same code. Objects of other kinds may be among them
and are left out.

Credentials are masked, in a form that shows which hosts have one and that the
API server refuses. With --show-credentials the result can be given to kubectl
diff and kubectl apply. It lacks only the ownerReferences, which hold a uid that
the MirrorAuth has in a cluster alone; the operator takes an object without them
for somebody else's, unless it has the annotation mirrorauth.dev/adopt.

The result goes to standard output, problems and warnings to standard error,
each with its file, line, object and field: those of the source where that is
the one to mend, and then those of the field that wants it. What can be made is
printed even if something else cannot.

  mirrorauth render -f mirrorauth.yaml -f secrets/
  kustomize build | mirrorauth render -f -
  mirrorauth render -f manifests/ --show-credentials | kubectl diff -f -

Ends with 0 when all is well, warnings or not; with 1 when there is a problem;
with 2 when it was called wrongly.

${helpOf(OPTIONS, { environment: false })}`;

export const renderCommand: Command = {
  name: 'render',
  summary: 'print what the operator would write for MirrorAuths in files',
  usage: 'render -f FILE... [options]',
  help: HELP,
  run: async (args, world) => {
    const read = optionReader(OPTIONS, args);
    const format = read(OPTIONS.output);
    const names = read(OPTIONS.filename);
    const recursive = read(OPTIONS.recursive);
    const showCredentials = read(OPTIONS.showCredentials);
    const namespace = read(OPTIONS.namespace);
    const loaded = await loadFiles(names, { recursive, readStdin: world.readStdin });
    const manifests = readManifests(loaded.files, { namespace });
    const { outputs, notices } = render(manifests);
    const refused = [...loaded.problems, ...manifests.problems];
    const errors = refused.length > 0 ? refused : absence(manifests, names);
    const told = [...errors.map((notice) => ({ level: 'error' as const, ...notice })), ...notices];
    const isRefused = told.some(({ level }) => level === 'error');
    const hints = isRefused ? loaded.hints : [];
    const all = [...hints.map((notice) => ({ level: 'warning' as const, ...notice })), ...told];
    world.stdout.write(print(outputs, { format, showCredentials }));
    report(all, world, { isJson: format === 'json' });
    return isRefused ? 1 : 0;
  },
};

/** Nothing in, nothing out is no success: mostly a file was forgotten. */
function absence(manifests: Manifests, names: readonly string[]): readonly Notice[] {
  const { mirrorAuths, secrets, configMaps, others } = manifests;
  const read = [
    ...(secrets.length > 0 ? [count(secrets.length, 'Secret', 'Secrets')] : []),
    ...(configMaps.length > 0 ? [count(configMaps.length, 'ConfigMap', 'ConfigMaps')] : []),
    ...(others > 0 ? [count(others, 'object of another kind', 'objects of other kinds')] : []),
  ];
  const all = read.length === 0 ? 'nothing' : `no MirrorAuth, only ${read.join(', ')}`;
  const message = `holds ${all}: name the file that has one`;
  const file = names.map((name) => (name === STANDARD_INPUT ? 'standard input' : name)).join(', ');
  return mirrorAuths.length > 0 ? [] : [{ file, message }];
}
