import { describe, expect, test } from 'vitest';
import { parseAddress } from '../../../src/cli/address.ts';
import { helpOf, onOrOff, oneOf, optionReader, UsageError } from '../../../src/cli/options.ts';

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

  test('that is a switch may stand alone', () => {
    const lights = {
      flag: 'lights',
      value: 'true|false',
      help: 'whether they are on',
      default: 'false',
      isSwitch: true,
      parse: onOrOff('lights'),
    } as const;
    const value = (args: readonly string[], environment = {}) =>
      optionReader({ lights }, args, environment)(lights);
    expect(value([])).toBe(false);
    expect(value(['--lights'])).toBe(true);
    expect(value(['--lights=true'])).toBe(true);
    expect(value(['--lights=false'], { MIRRORAUTH_LIGHTS: 'true' })).toBe(false);
    expect(() => value(['--lights=on'])).toThrow('write one of true, false');
  });

  test('stands in the help with its default and its variable', () => {
    expect(helpOf(OPTIONS)).toBe(
      '  --colour=C\n      which one (required; MIRRORAUTH_COLOUR)\n' +
        '  --log-size=N\n      how much (default: 5; MIRRORAUTH_LOG_SIZE)',
    );
  });
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
