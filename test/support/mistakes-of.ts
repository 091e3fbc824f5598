import { explain } from '../../src/core/explain/explain.ts';
import type { Mistake, MistakeName } from '../../src/core/explain/explanation.ts';
import { parseImageReference } from '../../src/core/explain/image-reference.ts';
import { builderFiles } from './builder-files.ts';
import type { Texts } from './builder-files.ts';

/** What `explain` finds wrong in these files for a build of that image. */
export function mistakesOf(image: string, texts: Texts): readonly Mistake[] {
  const parsed = parseImageReference(image);
  if (!parsed.ok) {
    throw new Error('the example names no image');
  }
  return explain(parsed.image, builderFiles(texts)).mistakes;
}

export function mistakeNamesOf(image: string, texts: Texts): readonly MistakeName[] {
  return mistakesOf(image, texts).map(({ name }) => name);
}
