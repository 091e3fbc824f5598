import { NAMESPACE } from './setting.ts';

/** The MirrorAuth that the demo applies, as one would write it. Hosts are `host:port`. */
export function mirrorAuthYaml({ origin, mirror }: { origin: string; mirror: string }): string {
  return `\
apiVersion: mirrorauth.dev/v1alpha1
kind: MirrorAuth
metadata: {name: ci, namespace: ${NAMESPACE}}
spec:
  registries:
  - host: ${origin}
    protocol: HTTP
    credentials: {type: SecretRef, secretRef: {name: origin-login}}
  - host: ${mirror}
    protocol: HTTP
    credentials: {type: DuplicateOf, duplicateOf: "${origin}"}
  mirrors: [{origin: "${origin}", endpoints: ["${mirror}"]}]
  pullSecret: {name: ci-pull}
  buildkitConfig: {name: ci-buildkitd}
`;
}
