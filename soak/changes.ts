import type { Landscape } from './landscape.ts';

/** Something that happens in a cluster. The number is another one each time. */
type Change = (landscape: Landscape, turn: number) => Promise<void>;

const rotate: Change = (landscape, turn) =>
  landscape.rotate(inTurn(landscape.sources, turn), `password-${String(turn)}`);
const edit: Change = (landscape, turn) =>
  landscape.edit(inTurn(landscape.households, turn), `edition-${String(turn)}`);
const tamper: Change = (landscape, turn) => landscape.tamper(inTurn(landscape.households, turn));
const removeOutput: Change = (landscape, turn) =>
  landscape.removeOutput(inTurn(landscape.households, turn));
const replace: Change = (landscape, turn) => landscape.replace(inTurn(landscape.households, turn));

/** Mostly rotations. There are 13, so that of a round number of MirrorAuths each meets all of them. */
const CYCLE: readonly Change[] = [
  rotate,
  edit,
  rotate,
  tamper,
  rotate,
  rotate,
  edit,
  rotate,
  removeOutput,
  rotate,
  rotate,
  replace,
  rotate,
];

/** Does what is due. @returns when the API server has taken it */
export function change(landscape: Landscape, turn: number): Promise<void> {
  return inTurn(CYCLE, turn)(landscape, turn);
}

function inTurn<T>(all: readonly T[], turn: number): T {
  const one = all[turn % all.length];
  if (one === undefined) {
    throw new RangeError('there is nothing to take turns with');
  }
  return one;
}
