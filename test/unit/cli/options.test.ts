import { describe, expect, test } from 'vitest';
import { parseAddress } from '../../../src/cli/address.ts';
import {
  helpOf,
  oneOf,
  optionReader,
  SWITCH,
  takeWords,
  UsageError,
  wrap,
} from '../../../src/cli/options.ts';

const OPTIONS = {
  colour: {
    flag: 'colour',
    value: 'C',
    help: 'which one',
    parse: oneOf('colour', ['red', 'blue']),
  },
  size: { flag: 'log-size', value: 'N', help: 'how much', default: '5', parse: Number },
} as const;

const read = (args: readonly string[], environment: Record<string, string> = {}) =>
  optionReader(OPTIONS, args, environment);

describe('an option', () => {
  test('is taken from its flag, then from the environment, then from its default', () => {
    expect(read(['--log-size=1'], { MIRRORAUTH_LOG_SIZE: '2' })(OPTIONS.size)).toBe(1);
    expect(read([], { MIRRORAUTH_LOG_SIZE: '2' })(OPTIONS.size)).toBe(2);
    expect(read([])(OPTIONS.size)).toBe(5);
  });

  test('without a default has to be given, and the message says what for', () => {
    expect(() => read([])(OPTIONS.colour)).toThrow(
      new UsageError('--colour is missing: which one'),
    );
  });

  test('of a few words names them', () => {
    expect(() => read(['--colour=green'])(OPTIONS.colour)).toThrow(
      new UsageError('--colour=green is unknown: write one of red, blue'),
    );
  });

  test('that nobody knows is refused', () => {
    expect(() => read(['--colours=red'])).toThrow(UsageError);
    expect(() => read(['red'])).toThrow(UsageError);
  });

  test('stands in the help with its default and its variable', () => {
    expect(helpOf(OPTIONS)).toBe(
      '  --colour=C\n      which one (required; MIRRORAUTH_COLOUR)\n' +
        '  --log-size=N\n      how much (default: 5; MIRRORAUTH_LOG_SIZE)',
    );
  });
});

const FLAGS = {
  file: {
    flag: 'file',
    short: 'f',
    value: 'FILE',
    help: 'which ones',
    parseAll: (texts: readonly string[]) => texts,
  },
  loud: { ...SWITCH, flag: 'loud', short: 'l', help: 'shout' },
} as const;

describe('an option on the command line alone', () => {
  const readFlags = (...args: readonly string[]) => optionReader(FLAGS, args);

  test('may be given several times, in long and in short', () => {
    const args = ['-f', 'a', '--file=b', '--file', 'c', '-fd', '-f', '-'];
    expect(readFlags(...args)(FLAGS.file)).toEqual(['a', 'b', 'c', 'd', '-']);
    expect(() => readFlags()(FLAGS.file)).toThrow(new UsageError('--file is missing: which ones'));
  });

  test('is a switch, which is off unless it is given', () => {
    expect(readFlags()(FLAGS.loud)).toBe(false);
    expect(readFlags('-l')(FLAGS.loud)).toBe(true);
    expect(readFlags('--loud=false')(FLAGS.loud)).toBe(false);
    expect(() => readFlags('--loud=maybe')(FLAGS.loud)).toThrow('write true or false');
  });

  test('given twice where one counts, is the last one', () => {
    expect(read(['--log-size=1', '--log-size=2'])(OPTIONS.size)).toBe(2);
  });

  test('stands in the help without a variable', () => {
    expect(helpOf(FLAGS, { environment: false })).toBe(
      '  -f, --file=FILE\n      which ones (required)\n  -l, --loud\n      shout',
    );
  });
});

test('text is wrapped at spaces, and a long word stands alone', () => {
  expect(wrap('a bc def ghijklmnop q', 6)).toEqual(['a bc', 'def', 'ghijklmnop', 'q']);
});

describe('an address', () => {
  test.each([
    [':8081', { host: undefined, port: 8081 }],
    ['127.0.0.1:0', { host: '127.0.0.1', port: 0 }],
    ['[::1]:80', { host: '::1', port: 80 }],
    ['localhost:9', { host: 'localhost', port: 9 }],
  ])('%s is read', (text, address) => {
    expect(parseAddress('health-address')(text)).toEqual(address);
  });

  test.each(['8081', 'host', ':99999', '::1:80', ':', ''])('%j is refused', (text) => {
    expect(() => parseAddress('health-address')(text)).toThrow(
      `--health-address=${text} is no address: write [host]:port, such as :8081`,
    );
  });
});

test('words that belong to no flag are taken out, wherever they stand', () => {
  for (const args of [
    ['alpine', '--colour', 'red', '--log-size=1'],
    ['--colour', 'red', 'alpine', '--log-size=1'],
    ['--colour', 'red', '--log-size=1', 'alpine'],
    ['--colour', 'red', '--log-size=1', '--', 'alpine'],
  ]) {
    const { words, flags } = takeWords(OPTIONS, args);
    expect(words).toEqual(['alpine']);
    expect(read(flags)(OPTIONS.colour)).toBe('red');
  }
});
