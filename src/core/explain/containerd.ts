import type { ImageReference, OtherReader } from './explanation.ts';
import { kubeletCredential } from './kubelet.ts';
import type { Reading } from './reading.ts';
import { sameRoute } from './same-route.ts';

/** containerd's CRI, which is handed one login with the image (containerd v2.4.2 internal/cri/server/images/image_pull.go). */

export function containerdReader(image: ImageReference, reading: Reading): OtherReader {
  const credential = kubeletCredential(image, reading);
  return {
    name: 'containerd CRI',
    hosts: sameRoute(image, reading).map(({ host }) => ({ host, credential })),
    difference:
      'With the same mirrors in hosts.toml it sends the one login that kubelet hands it with the ' +
      'image to whichever host asks, mirrors included: in an imagePullSecret a mirror cannot have ' +
      'a login of its own.',
  };
}
