import type { BuilderFiles, Explanation, Step } from '../../core/explain/explanation.ts';

/** What a build of the image will do, in one or two sentences. */
export function verdict(explanation: Explanation, { made }: BuilderFiles): string {
  const { image, buildkit, mistakes } = explanation;
  const [first, ...others] = buildkit;
  const notMade = made?.notMade.buildkitdToml;
  if (notMade !== undefined) {
    return `Whom BuildKit asks is not known: ${notMade} could not be made, because of the errors above.`;
  }
  if (first === undefined || mistakes.some(({ name }) => name === 'TomlInvalid')) {
    return 'buildkitd does not start with this buildkitd.toml, so nothing is built at all.';
  }
  if (buildkit.some(({ tls }) => tls.value === 'Broken')) {
    return `Every pull from ${image.domain} fails: buildkitd cannot read its TLS files.`;
  }
  if (first.role === 'origin') {
    return `BuildKit asks ${first.host} alone, ${withWhat(first)}.`;
  }
  if (first.credential.kind === 'Unknown') {
    return `BuildKit asks ${first.host} first, ${withWhat(first)}.`;
  }
  const next = others.some(({ role }) => role === 'mirror') ? 'the next mirror' : image.domain;
  const onRefusal = first.credential.kind === 'Anonymous' ? 'If it wants one' : 'If it is refused';
  return (
    `BuildKit asks ${first.host} first, ${withWhat(first)}. ${onRefusal}, the answer is 401 and ` +
    `BuildKit goes on to ${next} without a word.`
  );
}

function withWhat({ credential: { kind, key } }: Step): string {
  switch (kind) {
    case 'Login':
      return `with the login of key ${key ?? ''}`;
    case 'Token':
      return `with the token of key ${key ?? ''}`;
    case 'Anonymous':
      return 'without a login';
    case 'Random':
      return 'with another login in each run';
    case 'Helper':
      return 'with the login that a credential helper gives';
    case 'Unreadable':
      return 'with or without a login, as chance will have it';
    case 'Unknown':
      return 'and with which login is not known, as the Secret could not be made';
  }
}
