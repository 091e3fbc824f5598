import { describe, expect, test } from 'vitest';
import { ABSENT, KnownVersion, versionOf } from '../../../src/controller/version.ts';

const v = (resourceVersion: string): string => versionOf({ uid: 'u', resourceVersion });

describe('what is known of an object', () => {
  test('is the same as what the store shows, when the store shows it', () => {
    expect(KnownVersion.read(v('1'), v('1')).see(v('1'))).toBe('same');
  });

  test('is ahead of the store until the event of what was read comes', () => {
    const known = KnownVersion.read(v('2'), v('1'));
    expect(known.see(v('1'))).toBe('behind');
    expect(known.see(v('2'))).toBe('same');
  });

  test('is ahead of every state that a write of ours came after', () => {
    const known = KnownVersion.read(v('1'), v('1'));
    known.advance(v('2'));
    known.advance(v('3'));
    expect([v('1'), v('2')].map((shown) => known.see(shown))).toEqual(['behind', 'behind']);
    expect(known.see(v('3'))).toBe('same');
  });

  test('is over when the store shows a state that nobody here knows', () => {
    expect(KnownVersion.read(v('1'), v('1')).see(v('9'))).toBe('different');
  });

  test('is over when a state that was past comes again after the store had caught up', () => {
    const known = KnownVersion.read(v('2'), v('1'));
    known.see(v('2'));
    expect(known.see(v('1'))).toBe('different');
  });

  test('tells a delete and create under one name', () => {
    const known = KnownVersion.read(versionOf({ uid: 'a', resourceVersion: '1' }), ABSENT);
    expect(known.see(versionOf({ uid: 'b', resourceVersion: '1' }))).toBe('different');
  });

  test('of an object that was made here is ahead of its absence', () => {
    const known = KnownVersion.read(ABSENT, ABSENT);
    known.advance(v('1'));
    expect(known.see(ABSENT)).toBe('behind');
  });
});

describe('an echo', () => {
  test('is awaited for a write of ours until it comes', () => {
    const known = KnownVersion.read(v('1'), v('1'));
    known.advance(v('2'));
    expect(known.isAhead).toBe(true);
    known.see(v('1'));
    expect(known.isAhead).toBe(true);
    known.see(v('2'));
    expect(known.isAhead).toBe(false);
  });

  test('is awaited for what was only read, too: it may be deleted before it is shown', () => {
    const known = KnownVersion.read(v('2'), ABSENT);
    expect(known.isAhead).toBe(true);
  });

  test('is not awaited for a write that changed nothing', () => {
    const known = KnownVersion.read(v('1'), v('1'));
    known.advance(v('1'));
    expect(known.isAhead).toBe(false);
  });
});
