import { NO_TABLE } from '../buildkitd-toml-reader.ts';
import type { RegistryTable } from '../buildkitd-toml-reader.ts';
import type { Scene } from './finder.ts';
import { mended, readMirrorText } from './mirror-text.ts';
import { linesFor, quoted, tableHeader } from './shown.ts';

/** Where in buildkitd.toml something stands, and what is to stand there instead. */

/** In what people write: of a file that mirrorauth makes, its base or the MirrorAuth. */
export function tablePlace(scene: Scene, table: string, place: string): string {
  const { made, buildkitdToml } = scene.files;
  const written = isOfSpec(scene, table) ? made?.mirrorAuth : (made?.base ?? buildkitdToml)?.name;
  return `${written ?? ''}, ${tableHeader(table)}${place === '' ? '' : ` ${place}`}`;
}

/** The table of the image's registry, whether there is one or not. */
export function originTable({ image, tables }: Scene): RegistryTable {
  return tables.get(image.domain) ?? NO_TABLE;
}

/** Whether the table is what a spec says, in which each host speaks for itself. */
export function isOfSpec({ files: { made }, baseTables }: Scene, table: string): boolean {
  return made !== undefined && !baseTables.has(table);
}

/** The origin's table with mirrors as BuildKit takes them, ready to be pasted. */
export function mirrorsLines({ image }: Scene, mirrors: readonly string[]): readonly string[] {
  const texts = [...new Set(mirrors.map((one) => quoted(mended(readMirrorText(one)))))];
  const line = `  mirrors = [${texts.join(', ')}]`;
  return [
    tableHeader(image.domain),
    ...(line.length <= MAX_LINE
      ? [line]
      : ['  mirrors = [', ...linesFor(texts, (text) => [`    ${text},`]), '  ]']),
  ];
}

/** A terminal has 80 columns, and what is to be pasted stands behind an indent. */
const MAX_LINE = 70;
