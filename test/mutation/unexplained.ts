import type { Explained } from './explained.ts';
import type { ChangesByFile } from './survivors.ts';

/** What explanations and a report do not have in common, as sentences with file and change. */
export function unexplained(
  survivors: ChangesByFile,
  all: ChangesByFile,
  explained: Readonly<Record<string, readonly Explained[]>>,
): readonly string[] {
  const open = [...survivors].flatMap(([file, changes]) => {
    const known = new Set((explained[file] ?? []).flatMap((one) => one.changes));
    return changes
      .filter((change) => !known.has(change))
      .map((change) => `${file}: no test notices ${change}`);
  });
  const stale = [...all].flatMap(([file, changes]) => {
    const made = new Set(changes);
    return (explained[file] ?? [])
      .flatMap((one) => one.changes)
      .filter((change) => !made.has(change))
      .map((change) => `${file}: explained, and not there any more: ${change}`);
  });
  return [...open, ...stale];
}
