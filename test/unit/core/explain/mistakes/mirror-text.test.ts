import { describe, expect, it } from 'vitest';
import {
  mended,
  readMirrorText,
  startsWithV2,
} from '../../../../../src/core/explain/mistakes/mirror-text.ts';

describe('a mirror as somebody wrote it', () => {
  it.each([
    ['m.corp', { scheme: undefined, hasMore: false, host: 'm.corp', path: '' }],
    ['HTTPS://M.corp:443/x/', { scheme: 'https', hasMore: false, host: 'M.corp:443', path: '/x' }],
    ['m.corp/x//', { scheme: undefined, hasMore: false, host: 'm.corp', path: '/x' }],
    ['me:pw@m.corp', { scheme: undefined, hasMore: true, host: 'm.corp', path: '' }],
    ['m.corp/x?y', { scheme: undefined, hasMore: true, host: 'm.corp', path: '/x' }],
    ['m.corp#y', { scheme: undefined, hasMore: true, host: 'm.corp', path: '' }],
    ['', { scheme: undefined, hasMore: false, host: '', path: '' }],
  ])('%j', (text, parts) => {
    expect(readMirrorText(text)).toEqual(parts);
  });

  it.each([
    ['https://M.corp:443/v2/Hub/', 'm.corp/hub'],
    ['m.corp:443 /x', 'm.corp/x'],
    ['m.corp:/x', 'm.corp/x'],
    ['m.corp:4430', 'm.corp:4430'],
    ['m.corp:443x', 'm.corp:443x'],
    ['m.corp/v2', 'm.corp'],
    ['m.corp/v2x', 'm.corp/v2x'],
    ['m.corp/x/v2/y', 'm.corp/x/v2/y'],
    [' m.corp / x ', 'm.corp/x'],
  ])('%j is meant as %j', (text, meant) => {
    expect(mended(readMirrorText(text))).toBe(meant);
  });

  it.each([
    ['m.corp/v2/x', true],
    ['m.corp/V2', true],
    ['m.corp/x/v2', false],
    ['m.corp/v2x', false],
    ['m.corp', false],
  ])('%j starts with /v2: %j', (text, does) => {
    expect(startsWithV2(readMirrorText(text))).toBe(does);
  });
});
