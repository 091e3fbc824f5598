import { describe, expect, it } from 'vitest';
import { parseImageReference } from '../../../../src/core/explain/image-reference.ts';

const DIGEST = `sha256:${'ab'.repeat(32)}`;

const EMPTY = 'is empty; write an image, such as alpine or ghcr.io/team/app:1';
const TOO_LONG = 'is too long for a name; write an image, such as ghcr.io/team/app:1';
const SCHEME = 'has a scheme; write the name alone, such as ghcr.io/team/app:1';
const IMAGE_ID = 'is the ID of an image and no name; write the name that it is pulled by';
const UPPER_CASE = 'has upper case in its repository; write it in lower case';
const NO_DIGEST =
  'has no digest that is known behind @; write sha256: and 64 digits of 0-9 and a-f';
const LONG_REPOSITORY = 'has a repository of more than 255 characters, which no registry takes';
const NO_NAME = 'is no name of an image; write [host[:port]/]repository[:tag][@digest]';

/** Domain, path, tag and digest, or what a person is told. */
function read(text: string): string {
  const parsed = parseImageReference(text);
  if (!parsed.ok) {
    return parsed.message;
  }
  const { domain, path, tag = '-', digest = '-' } = parsed.image;
  return [domain, path, tag, digest].join(' ');
}

describe('the name of an image', () => {
  it.each([
    ['alpine', 'docker.io library/alpine - -'],
    ['alpine:3', 'docker.io library/alpine 3 -'],
    ['team/app', 'docker.io team/app - -'],
    ['docker.io/alpine', 'docker.io library/alpine - -'],
    ['index.docker.io/team/app', 'docker.io team/app - -'],
    ['registry-1.docker.io/library/alpine', 'registry-1.docker.io library/alpine - -'],
    ['ghcr.io/team/app:1.2', 'ghcr.io team/app 1.2 -'],
    ['ghcr.io', 'docker.io library/ghcr.io - -'],
    ['m.corp:5000/a/b/c', 'm.corp:5000 a/b/c - -'],
    ['localhost/app', 'localhost app - -'],
    ['local/app', 'docker.io local/app - -'],
    ['Corp/app', 'Corp app - -'],
    ['[fd00::1]:5000/app', '[fd00::1]:5000 app - -'],
    ['localhost:5000/app', 'localhost:5000 app - -'],
    ['index.docker.io/alpine', 'docker.io library/alpine - -'],
    ['a-b.c--d.io/app', 'a-b.c--d.io app - -'],
    ['a/b.c_d__e-f---g', 'docker.io a/b.c_d__e-f---g - -'],
    [`ghcr.io/${'ab'.repeat(32)}`, `ghcr.io ${'ab'.repeat(32)} - -`],
    ['a'.repeat(65), `docker.io library/${'a'.repeat(65)} - -`],
    ['ab'.repeat(31), `docker.io library/${'ab'.repeat(31)} - -`],
    [`ghcr.io/${'a'.repeat(255)}`, `ghcr.io ${'a'.repeat(255)} - -`],
    [`alpine:_${'a'.repeat(127)}`, `docker.io library/alpine _${'a'.repeat(127)} -`],
    ['alpine:1.2-A_b', 'docker.io library/alpine 1.2-A_b -'],
    [`alpine@sha384:${'a'.repeat(96)}`, `docker.io library/alpine - sha384:${'a'.repeat(96)}`],
    [`alpine@sha512:${'a'.repeat(128)}`, `docker.io library/alpine - sha512:${'a'.repeat(128)}`],
    [`alpine@${DIGEST}`, `docker.io library/alpine - ${DIGEST}`],
    [`alpine:3@${DIGEST}`, `docker.io library/alpine 3 ${DIGEST}`],
  ])('%s is whole', (text, whole) => {
    expect(read(text)).toBe(whole);
  });

  it.each([
    ['', EMPTY],
    ['a'.repeat(2001), TOO_LONG],
    ['a'.repeat(2000), LONG_REPOSITORY],
    [`ghcr.io/${'a'.repeat(256)}`, LONG_REPOSITORY],
    ['https://ghcr.io/team/app', SCHEME],
    ['ab'.repeat(32), IMAGE_ID],
    ['ghcr.io/Team/app', UPPER_CASE],
    ['ghcr.io/team/App:1', UPPER_CASE],
    ['Alpine', UPPER_CASE],
    ['alpine@sha256:abc', NO_DIGEST],
    [`alpine@${DIGEST}0`, NO_DIGEST],
    [`alpine@x${DIGEST}`, NO_DIGEST],
    [`alpine@sha256:${'AB'.repeat(32)}`, NO_DIGEST],
    [`alpine@sha384:${'a'.repeat(64)}`, NO_DIGEST],
    [`alpine@sha512:${'a'.repeat(96)}`, NO_DIGEST],
    [`alpine@md5:${'a'.repeat(32)}`, NO_DIGEST],
    ['alpine@', NO_DIGEST],
    [`alpine@x@${DIGEST}`, NO_NAME],
    [`@${DIGEST}`, NO_NAME],
    ['ghcr.io/team/', NO_NAME],
    ['ghcr.io//app', NO_NAME],
    ['/app', NO_NAME],
    ['docker.io/', NO_NAME],
    ['alpine:', NO_NAME],
    ['alpine:-1', NO_NAME],
    ['alpine:1:2', NO_NAME],
    [`alpine:${'a'.repeat(129)}`, NO_NAME],
    ['alpine latest', NO_NAME],
    ['team:App/x', NO_NAME],
    ['-x.io/app', NO_NAME],
    ['x-.io/app', NO_NAME],
    ['x..io/app', NO_NAME],
    ['x.io:/app', NO_NAME],
    ['x.io:5a/app', NO_NAME],
    ['[fd00::g]/app', NO_NAME],
    ['[]/app.io', NO_NAME],
    ['a___b', NO_NAME],
    ['a..b', NO_NAME],
    ['a._b', NO_NAME],
    ['a-', NO_NAME],
    ['.a', NO_NAME],
    ['alpine\n', NO_NAME],
  ])('%j is refused, and why', (text, message) => {
    expect(read(text)).toBe(message);
  });

  it('has neither tag nor digest where none is written', () => {
    expect(parseImageReference('alpine')).toStrictEqual({
      ok: true,
      image: { domain: 'docker.io', path: 'library/alpine' },
    });
  });

  it('may have upper case in its tag', () => {
    expect(read('alpine:Edge')).toBe('docker.io library/alpine Edge -');
  });
});
