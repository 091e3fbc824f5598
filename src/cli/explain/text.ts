import type {
  BuilderFiles,
  Explanation,
  ImageReference,
  Mistake,
  OtherReader,
  Step,
  StepCredential,
} from '../../core/explain/explanation.ts';
import { beside, paragraph, printable, proseAndCode, stylesOf } from './page.ts';
import type { Styles } from './page.ts';
import { verdict } from './verdict.ts';

export interface TextOptions {
  readonly files: BuilderFiles;
  /** Whether errors stand above it, which may have more to say than the mistakes. */
  readonly hasErrors: boolean;
  readonly isColoured: boolean;
}

/** An explanation for people at a terminal of 80 columns. */
export function explanationText(
  explanation: Explanation,
  { files, hasErrors, isColoured }: TextOptions,
): string {
  const styles = stylesOf(isColoured);
  const { image, buildkit, others, mistakes } = explanation;
  const parts: readonly (readonly string[])[] = [
    [
      ...beside('image', nameOf(image), HEAD_LAYOUT),
      ...beside('files', filesText(files), HEAD_LAYOUT),
    ],
    buildkit.length === 0 ? [] : routeLines(buildkit, styles),
    others.length === 0 ? [] : othersLines(others, styles),
    mistakes.length === 0 && hasErrors
      ? paragraph('The errors above come first. docs/lookup.md says how lookups work.')
      : mistakesLines(mistakes, styles),
    paragraph(verdict(explanation, files)).map(styles.heading),
  ];
  return `${parts
    .filter((lines) => lines.length > 0)
    .map((lines) => lines.join('\n'))
    .join('\n\n')}\n`;
}

const HEAD_LAYOUT = { indent: 0, column: 7 };

function filesText({ config, dockerAuthConfig, buildkitdToml, made }: BuilderFiles): string {
  const { notMade } = made ?? {};
  return [
    config?.name ?? absent(notMade?.config, 'config.json'),
    ...(dockerAuthConfig === undefined ? [] : ['DOCKER_AUTH_CONFIG']),
    buildkitdToml?.name ?? absent(notMade?.buildkitdToml, 'buildkitd.toml'),
  ].join(', ');
}

function absent(notMade: string | undefined, file: string): string {
  return notMade === undefined ? `no ${file}` : `${notMade} (not made)`;
}

/** The whole reference; Docker Hub and `library` are written out. */
function nameOf({ domain, path, tag, digest }: ImageReference): string {
  return [
    `${domain}/${path}`,
    tag === undefined ? '' : `:${tag}`,
    digest === undefined ? '' : `@${digest}`,
  ].join('');
}

const STEP_LAYOUT = { indent: 5, column: 16 };

const TLS_TEXTS: Readonly<Record<Step['tls']['value'], string>> = {
  NotUsed: 'not used',
  PublicCAs: 'public CAs',
  PrivateCA: 'private CA',
  NotVerified: 'not verified',
  Broken: 'broken',
};

function routeLines(steps: readonly Step[], styles: Styles): readonly string[] {
  return [
    styles.heading('BuildKit asks, in this order'),
    ...steps.flatMap((step, index) => ['', ...stepLines(step, index + 1, styles)]),
  ];
}

function stepLines(step: Step, number: number, styles: Styles): readonly string[] {
  const { host, role, url, scheme, tls, credential, onUnauthorized } = step;
  return [
    `  ${String(number)}. ${styles.heading(printable(host))}  ${styles.quiet(role)}`,
    `     ${printable(url)}`,
    ...beside(scheme.value, scheme.why, STEP_LAYOUT),
    ...beside('TLS', `${TLS_TEXTS[tls.value]}: ${tls.why}`, STEP_LAYOUT),
    ...credentialLines(credential),
    ...beside('on 401', onUnauthorized, STEP_LAYOUT),
  ];
}

/** What is not there needs no place: then the reason says it all. */
function credentialLines(credential: StepCredential): readonly string[] {
  const { from, why } = credential;
  const text = credentialText(credential);
  return from === undefined
    ? beside('login', `${text}: ${why}`, STEP_LAYOUT)
    : [
        ...beside('login', text, STEP_LAYOUT),
        ...beside('from', from, STEP_LAYOUT),
        ...beside('because', why, STEP_LAYOUT),
      ];
}

function credentialText({ kind, key }: StepCredential): string {
  const text = CREDENTIAL_TEXTS[kind];
  return key === undefined || kind === 'Random' ? text : `${text}, key ${key}`;
}

const CREDENTIAL_TEXTS: Readonly<Record<StepCredential['kind'], string>> = {
  Login: 'user and password',
  Token: 'token',
  Anonymous: 'none',
  Random: 'one of several at random',
  Helper: 'what a credential helper says',
  Unreadable: 'nothing that can be relied upon',
  Unknown: 'not known',
};

function othersLines(others: readonly OtherReader[], styles: Styles): readonly string[] {
  return [
    styles.heading('Other programs, with the same files'),
    ...others.flatMap((reader) => ['', ...readerLines(reader, styles)]),
  ];
}

function readerLines({ name, hosts, difference }: OtherReader, styles: Styles): readonly string[] {
  return [
    `  ${styles.heading(name)}`,
    ...hosts.flatMap(({ host, credential }) =>
      beside(host, credentialText(credential), { indent: 5, column: 28 }),
    ),
    ...paragraph(difference, 5),
  ];
}

function mistakesLines(mistakes: readonly Mistake[], styles: Styles): readonly string[] {
  if (mistakes.length === 0) {
    return paragraph('No classic mistake. docs/lookup.md says how lookups work.').map(styles.quiet);
  }
  return [
    styles.bad(mistakes.length === 1 ? '1 mistake' : `${String(mistakes.length)} mistakes`),
    ...mistakes.flatMap(({ name, where, message }) => [
      '',
      `  ${styles.bad(name)}`,
      ...paragraph(where, 5),
      ...proseAndCode(message, 5),
    ]),
    '',
    ...paragraph(
      'docs/reasons/<Name>.md explains each name, docs/lookup.md how lookups work.',
      2,
    ).map(styles.quiet),
  ];
}
