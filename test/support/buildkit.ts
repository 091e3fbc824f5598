import fc from 'fast-check';
import type { BuildkitModel, HostConfig } from '../../src/core/buildkit/buildkit-model.ts';
import { CA_ONE, CA_TWO } from './certificates.ts';

/** Generators of what buildkitd is told. */

const HOSTS = ['docker.io', 'a.io', 'b.io:5000', 'b.io', 'localhost:5000', '127.0.0.1'] as const;

const hostConfig = (host: string): fc.Arbitrary<HostConfig> =>
  fc.oneof(
    fc.constantFrom<HostConfig>(
      { host, protocol: 'HTTPS', insecureSkipVerify: false },
      { host, protocol: 'HTTPS', insecureSkipVerify: true },
      { host, protocol: 'HTTP', insecureSkipVerify: false },
    ),
    fc.constantFrom('one', 'two').map((configMap): HostConfig => ({
      host,
      protocol: 'HTTPS',
      insecureSkipVerify: false,
      ca: { configMap, key: 'ca.crt' },
    })),
  );

const endpoint = fc.constantFrom('a.io', 'a.io/x', 'b.io:5000', 'b.io/y/z', 'localhost:5000');

export const anyModel: fc.Arbitrary<BuildkitModel> = fc.record({
  mirrors: fc.uniqueArray(
    fc.record({
      origin: fc.constantFrom('docker.io', 'a.io', '127.0.0.1'),
      endpoints: fc.uniqueArray(endpoint, { minLength: 1 }),
    }),
    { selector: ({ origin }) => origin },
  ),
  hosts: fc.tuple(...HOSTS.map(hostConfig)),
  hasBase: fc.constant(true),
  mountPath: fc.constantFrom('/etc/buildkit', '/cfg'),
});

/** The certificates of each host that has a CA: that of its ConfigMap. */
export const certificatesOf = ({ hosts }: BuildkitModel): ReadonlyMap<string, readonly string[]> =>
  new Map(
    hosts.flatMap(({ host, ca }) =>
      ca ? [[host, ca.configMap === 'one' ? [CA_ONE] : [CA_TWO, CA_ONE]] as const] : [],
    ),
  );
