import { describe, expect, it } from 'vitest';
import { parseImageReference } from '../../../../src/core/explain/image-reference.ts';

const DIGEST = `sha256:${'ab'.repeat(32)}`;

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
    [`alpine@${DIGEST}`, `docker.io library/alpine - ${DIGEST}`],
    [`alpine:3@${DIGEST}`, `docker.io library/alpine 3 ${DIGEST}`],
  ])('%s is whole', (text, whole) => {
    expect(read(text)).toBe(whole);
  });

  it.each([
    ['', 'is empty'],
    ['a'.repeat(2001), 'is too long'],
    ['https://ghcr.io/team/app', 'has a scheme'],
    ['ab'.repeat(32), 'is the ID of an image'],
    ['ghcr.io/Team/app', 'has upper case'],
    ['Alpine', 'has upper case'],
    ['alpine@sha256:abc', 'has no digest'],
    [`alpine@md5:${'a'.repeat(32)}`, 'has no digest'],
    [`ghcr.io/${'a'.repeat(256)}`, 'more than 255 characters'],
    ['ghcr.io/team/', 'is no name of an image'],
    ['alpine:', 'is no name of an image'],
    ['alpine latest', 'is no name of an image'],
    ['-x.io/app', 'is no name of an image'],
  ])('%j is refused, and why', (text, message) => {
    expect(read(text)).toContain(message);
  });

  it('may have upper case in its tag', () => {
    expect(read('alpine:Edge')).toBe('docker.io library/alpine Edge -');
  });
});
