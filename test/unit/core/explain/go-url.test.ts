import { describe, expect, it } from 'vitest';
import {
  cleanPath,
  hostnameAndPort,
  isLoopbackHost,
  joinHostPort,
  parseGoUrl,
  splitHostPort,
} from '../../../../src/core/explain/go-url.ts';

/** The same as Go, which test/readers asks; here, what is easily lost. */

describe('a URL', () => {
  it.each([
    ['https://m.corp:5000/a%2fb?q#f', 'https m.corp:5000 /a/b'],
    ['HTTP://u:p@M.corp', 'http M.corp '],
    ['m.corp/a', '  m.corp/a'],
    ['//m.corp/a', ' m.corp /a'],
    ['///m.corp', '  ///m.corp'],
    ['m.corp:5000/a', 'm.corp  '],
    ['https://[fd00::1]:5000/', 'https [fd00::1]:5000 /'],
    ['https://b%C3%BCcher.example/', 'https bücher.example /'],
    ['x://a:b:80/', 'x a:b:80 /'],
    ['x+1.y-z://m.corp', 'x+1.y-z m.corp '],
    ['1x/a', '  1x/a'],
    ['x:rest', 'x  '],
    ['x:///a', 'x  /a'],
    ['/a', '  /a'],
    ['https://m.corp', 'https m.corp '],
    ['https://m.corp:', 'https m.corp: '],
    ['https://a@b@m.corp/', 'https m.corp /'],
    ['https://[FD00::1]:/', 'https [FD00::1]: /'],
    ['https://m.corp/a b', 'https m.corp /a b'],
    ['https://m.corp/%E4%BD%A0%2F', 'https m.corp /你/'],
    ['https://m.corp/a?%zz', 'https m.corp /a'],
    ['https://m.corp?q', 'https m.corp '],
    ['https://%25.corp/', 'https %.corp /'],
    ['x://fd00::1:5000/', 'x fd00::1:5000 /'],
    ['https://:5000/', 'https :5000 /'],
  ])('%s has scheme, host and path', (text, parts) => {
    const { scheme, host, path } = parseGoUrl(text) ?? { scheme: '?', host: '?', path: '?' };
    expect(`${scheme} ${host} ${path}`).toBe(parts);
  });

  it.each([
    ':5000',
    '127.0.0.1:5000',
    'https://a:b:80/',
    'https://m.corp:x/',
    'https://m corp/',
    'https://%41.corp/',
    'https://m.corp/%zz',
    'https://m.corp/#%zz',
    'https://u p@m.corp/',
    'https://[1.2.3.4]/',
    'https://[fd00::1',
    'https://a[fd00::1]/',
    'https://m.corp/\u0007',
    'https://m.corp/\u007f',
    '\u0000',
    '1x:rest',
    'https://m.corp:80x/',
    'https://u%zz@m.corp/',
    'https://[fd00::1]x/',
    'https://[fd00::1]:x/',
    'https://[fd00::g]/',
    'https://[]/',
    'https://m.corp%zz/',
    'https://m<>^corp/',
    'x://m.corp:a/',
    'http://fd00::1:5000/',
    'https://:5x/',
    'https://m.corp/%4',
    'https://m.corp/%4g',
    '://m.corp',
    ':/m.corp',
  ])('%j is refused', (text) => {
    expect(parseGoUrl(text)).toBeUndefined();
  });
});

describe('the builder itself', () => {
  it.each([
    'localhost',
    'localhost:80',
    '127.0.0.1',
    '127.9.9.9:1',
    '::1',
    '[::1]',
    '[::1]:1',
    '[0:0::1]:1',
    '[::ffff:127.0.0.1]:1',
    '[::ffff:127.255.255.255]:1',
    '127.255.249.199:1',
    '127.100.10.250',
  ])('is %s', (host) => {
    expect(isLoopbackHost(host)).toBe(true);
  });

  it.each([
    'localhost:',
    'localhost.corp',
    '127.0.0.01',
    '127.0.0.256',
    '127.1',
    '128.0.0.1',
    '[::2]',
    '[0:0::1]',
    '[::ffff:128.0.0.1]:1',
    'localhost:1:1',
    '127.0.0.1.1',
    'x127.0.0.1',
    '127.0.0.260',
    '127.0.0.1:',
    '[::1]x:1',
    '[::1\t]:1',
    '[\t::1]:1',
    '[x::1]:1',
    'mylocalhost',
    '',
  ])('is not %j', (host) => {
    expect(isLoopbackHost(host)).toBe(false);
  });
});

it.each([
  ['/v2/../x', '/x'],
  ['/../..', '/'],
  ['/v2//a/./b/', '/v2/a/b'],
])('the path %s is %s', (path, clean) => {
  expect(cleanPath(path)).toBe(clean);
});

describe('host and port', () => {
  it.each([
    ['m.corp', 'm.corp', ''],
    ['m.corp:5000', 'm.corp', '5000'],
    ['m.corp:', 'm.corp', ''],
    ['m.corp:x', 'm.corp:x', ''],
    ['m.corp:50x', 'm.corp:50x', ''],
    [':5000', '', '5000'],
    ['[fd00::1]:5000', 'fd00::1', '5000'],
    ['[fd00::1]', 'fd00::1', ''],
    ['[m.corp', '[m.corp', ''],
    ['m.corp]', 'm.corp]', ''],
    ['a:b:80', 'a:b', '80'],
    ['', '', ''],
  ])('of a URL: %j is %j and %j', (host, name, port) => {
    expect(hostnameAndPort(host)).toEqual({ name, port });
  });

  it.each([
    ['m.corp:5000', { name: 'm.corp', port: '5000' }],
    ['[fd00::1]:5000', { name: 'fd00::1', port: '5000' }],
    [':', { name: '', port: '' }],
    ['m.corp', undefined],
    ['fd00::1', undefined],
    ['x[fd00::1]:5000', undefined],
    ['[fd00::1]:5000:1', undefined],
  ])('of an address: %j is %j', (host, parts) => {
    expect(splitHostPort(host)).toEqual(parts);
  });

  it('are joined with brackets around what has colons', () => {
    expect(joinHostPort('m.corp', '80')).toBe('m.corp:80');
    expect(joinHostPort('fd00::1', '80')).toBe('[fd00::1]:80');
  });
});
