import { describe, expect, it } from 'vitest';
import { explain } from '../../../../../src/core/explain/explain.ts';
import { builderFiles } from '../../../../support/builder-files.ts';
import { mistakeNamesOf, mistakesOf } from '../../../../support/mistakes-of.ts';
import { configJson, HUB, login } from '../../../../support/secrets.ts';

const MIRRORED = '[registry."docker.io"]\nmirrors = ["m.corp/hub"]\n';

describe('what docker leaves aside', () => {
  const CURE =
    'It takes nothing but auths, with nothing but auth in each entry. ' +
    'Write\n  {"auths": {"<host>": {"auth": "<base64 of user:password>"}}}';
  const emptyEntries = (count: number): object =>
    Object.fromEntries(Array.from({ length: count }, (_, index) => [`h${String(index)}`, {}]));
  const NO_AUTH = ['h0', 'h1', 'h2', 'h3', 'h4'].map((key) => `"${key}" has no auth`).join('; ');

  it.each([
    ['{"auths": null} {}', 'something stands behind its object'],
    ['{"auths": {"m.corp": {"auth": null}}}', '"m.corp" has no auth'],
    ['{"auths": {"m.corp": {"auth": 5, "auth": "dTpw"}}}', 'auth of "m.corp" is no text'],
    [configJson({ 'm.corp': login('u:p'), x: {} }), '"x" has no auth'],
    [
      configJson({ 'm.corp': login('u:p'), x: { ...login('u:p'), email: '' } }),
      '"x" takes no "email"',
    ],
    [configJson(emptyEntries(5)), NO_AUTH],
    [configJson(emptyEntries(6)), NO_AUTH],
    ['{"auths": ', 'it is no JSON at line 1, column 11'],
    ['['.repeat(1001), 'it is no JSON'],
  ])('is told of in order, five faults at most: %.40s', (variable, faults) => {
    expect(mistakesOf('alpine', { variable })).toEqual([
      {
        name: 'DockerAuthConfigUnreadable',
        where: 'DOCKER_AUTH_CONFIG',
        message: `docker leaves it aside: ${faults}. ${CURE}`,
      },
    ]);
  });
});

describe('an entry of config.json that the variable stands before', () => {
  const variable = configJson({ 'm.corp': login('v:p') });

  it('is told of where it holds something', () => {
    const config = configJson({ 'm.corp': login('u:p') });
    expect(mistakesOf('m.corp/app', { config, variable })).toEqual([
      {
        name: 'DockerAuthConfigShadows',
        where: 'DOCKER_AUTH_CONFIG, auths, "m.corp"',
        message:
          'it stands before config.json, whose entry m.corp is not read. Take it out of one of ' +
          'them, or write\n  unset DOCKER_AUTH_CONFIG',
      },
    ]);
  });

  it('is told of with the name of its file', () => {
    const files = builderFiles({ config: configJson({ 'm.corp': login('u:p') }), variable });
    const config = files.config && { ...files.config, name: 'Secret builds/ci-pull' };
    const { mistakes } = explain({ domain: 'm.corp', path: 'app' }, { ...files, config });
    expect(mistakes[0]?.message).toMatch(/^it stands before Secret builds\/ci-pull, whose entry /);
  });

  it.each([
    ['is empty', {}, []],
    ['cannot be decoded', { auth: '!' }, ['EntryUnreadable']],
  ])('is no such mistake where it %s', (_, entry, expected) => {
    const config = configJson({ 'm.corp': entry });
    expect(mistakeNamesOf('m.corp/app', { config, variable })).toEqual(expected);
  });
});

describe('another key of Docker Hub in the variable', () => {
  const variable = configJson({ 'docker.io': login('v:p') });

  it('is told of where Docker Hub misses its login, mirrors or not', () => {
    expect(mistakeNamesOf('alpine', { variable, toml: MIRRORED })).toEqual(['HubKeyNotLookedUp']);
  });

  it('is none where only the mirror misses one', () => {
    const config = configJson({ [HUB]: login('u:p') });
    expect(mistakeNamesOf('alpine', { config, variable, toml: MIRRORED })).toEqual([
      'MirrorEntryMissing',
    ]);
  });
});

it.each([
  ['an empty password', login('v:'), ['PasswordEmpty']],
  ['a newline at its end', login('v:p\n'), ['PasswordEndsInNewline']],
])('%s is told of a host that is asked, and of no other', (_, entry, expected) => {
  const variable = configJson({ 'm.corp': entry });
  expect(mistakeNamesOf('m.corp/app', { variable })).toEqual(expected);
  expect(mistakeNamesOf('n.corp/app', { variable })).toEqual([]);
});
