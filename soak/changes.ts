import type { Household, Landscape } from './landscape.ts';

/** Something that happens in a cluster. The number is another one each time. */
type Change = (landscape: Landscape, turn: number) => Promise<void>;

const rotate: Change = (landscape, turn) =>
  landscape.rotate(inTurn(landscape.sources, turn), `password-${String(turn)}`);
/** To one MirrorAuth, if it is there. */
const toOne =
  (work: (landscape: Landscape, household: Household, turn: number) => Promise<void>): Change =>
  async (landscape, turn) => {
    const household = landscape.present(inTurn(landscape.households, turn));
    if (household !== undefined) {
      await work(landscape, household, turn);
    }
  };
const edit = toOne((landscape, household, turn) =>
  landscape.edit(household, `edition-${String(turn)}`),
);
const tamper = toOne((landscape, household) => landscape.tamper(household));
const removeOutput = toOne((landscape, household) => landscape.removeOutput(household));
const replace = toOne((landscape, household) => landscape.replace(household));

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
