import { UserError } from '../testbed/user-error.ts';

/** Ends the demo when something that it is about to say is not so. `evidence` is printed below. */
export function claim(isSo: boolean, text: string, evidence = ''): asserts isSo {
  if (isSo) return;
  throw new UserError(`the demo was to show that ${text}, which is not so.\n${evidence}`.trimEnd());
}
