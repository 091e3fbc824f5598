import { buildkitSteps } from './buildkit.ts';
import { containerdReader } from './containerd.ts';
import type { BuilderFiles, Explanation, ImageReference } from './explanation.ts';
import { kanikoReader } from './kaniko.ts';
import { kubeletReader } from './kubelet.ts';
import { findMistakes } from './mistakes.ts';
import { podmanReader } from './podman.ts';
import { readFiles } from './reading.ts';

/**
 * Whom a build of an image asks and with which credential, by the rules of the programs themselves;
 * what else is wrong in the files. Takes any files, however broken, and throws for none.
 */
export function explain(image: ImageReference, files: BuilderFiles): Explanation {
  const reading = readFiles(files);
  const buildkit = buildkitSteps(image, reading);
  return {
    image,
    buildkit,
    others: [containerdReader, kubeletReader, podmanReader, kanikoReader].map((reader) =>
      reader(image, reading),
    ),
    mistakes: findMistakes(image, files, buildkit),
  };
}
