import { buildkitSteps } from './buildkit.ts';
import { containerdReader } from './containerd.ts';
import type { BuilderFiles, Explanation, ImageReference, OtherReader } from './explanation.ts';
import { kanikoReader } from './kaniko.ts';
import { kubeletReader } from './kubelet.ts';
import { findMistakes } from './mistakes.ts';
import { podmanReader } from './podman.ts';
import { readFiles } from './reading.ts';
import type { Reading } from './reading.ts';

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
    others: othersOf(files).map((reader) => reader(image, reading)),
    mistakes: findMistakes(image, reading, buildkit),
    notMade: Object.values(files.made?.notMade ?? {}),
  };
}

/** Without a Secret nothing is known of any login; without mirrors kubelet's lookup is. */
function othersOf({
  made,
}: BuilderFiles): readonly ((image: ImageReference, reading: Reading) => OtherReader)[] {
  if (made?.notMade.config !== undefined) {
    return [];
  }
  return made?.notMade.buildkitdToml === undefined
    ? [containerdReader, kubeletReader, podmanReader, kanikoReader]
    : [kubeletReader];
}
