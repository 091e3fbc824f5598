/** Takes one line (without its end) for the person who waits. */
export type Progress = (line: string) => void;

/** Prints to stderr, so that stdout stays free for results. */
export const printProgress: Progress = (line) => {
  process.stderr.write(`${line}\n`);
};
