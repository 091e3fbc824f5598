import { once } from 'node:events';
import { afterEach, describe, expect, test } from 'vitest';
import { whyNotLive, whyNotReady } from '../../../src/cli/controller/probes.ts';
import { serveHealth } from '../../../src/cli/health.ts';
import type { Pulse } from '../../../src/kube/reflector.ts';

const NOW = 10_000_000;
const MINUTE = 60_000;

const pulse = (changes: Partial<Pulse> = {}): Pulse => ({
  resource: 'secrets',
  namespace: '',
  heardAt: NOW,
  steppedAt: NOW,
  isSynced: true,
  ...changes,
});
const controller = (pulses: readonly Pulse[], longestMs = 0) => ({
  pulses: () => pulses,
  queueState: () => ({ depth: 0, unfinishedMs: longestMs, longestMs }),
});

describe('/livez', () => {
  test('is fine while the API server is away: its watches take steps', () => {
    const away = pulse({ heardAt: undefined, steppedAt: NOW - 2 * MINUTE, isSynced: false });
    expect(whyNotLive(controller([away]), NOW)).toEqual([]);
  });

  test('names the watch that takes no step', () => {
    const hung = pulse({ namespace: 'builds', steppedAt: NOW - 6 * MINUTE });
    expect(whyNotLive(controller([pulse(), hung]), NOW)).toEqual([
      'the watch of secrets in builds hangs',
    ]);
  });

  test('fails when the work on one MirrorAuth does not end', () => {
    expect(whyNotLive(controller([], 14 * MINUTE), NOW)).toEqual([]);
    expect(whyNotLive(controller([], 16 * MINUTE), NOW)).toEqual([
      'the work on a MirrorAuth hangs',
    ]);
  });
});

describe('/readyz', () => {
  test('names what was not listed yet', () => {
    expect(
      whyNotReady(
        controller([
          pulse(),
          pulse({ isSynced: false }),
          pulse({ namespace: 'builds', resource: 'configmaps', isSynced: false }),
        ]),
      ),
    ).toEqual(['secrets are not listed yet', 'configmaps in builds are not listed yet']);
  });

  test('stays fine when the API server goes away later', () => {
    const away = pulse({ heardAt: 0, steppedAt: 0 });
    expect(whyNotReady(controller([away]))).toEqual([]);
  });
});

describe('a probe', () => {
  let close = (): unknown => undefined;
  afterEach(() => close());

  test.each([
    ['/fine', 200, 'ok\n'],
    ['/wrong', 503, 'this\nthat\n'],
    ['/elsewhere', 404, 'there is no such probe\n'],
    ['/constructor', 404, 'there is no such probe\n'],
  ])('at %s is answered %i and what is wrong', async (path, status, text) => {
    const server = await serveHealth(
      { host: '127.0.0.1', port: 0 },
      { '/fine': () => [], '/wrong': () => ['this', 'that'] },
    );
    close = () => (server.close(), once(server, 'close'));
    const address = server.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    const answer = await fetch(`http://127.0.0.1:${String(port)}${path}`);
    expect([answer.status, await answer.text()]).toEqual([status, text]);
  });
});
