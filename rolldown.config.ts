import { readdirSync, readFileSync } from 'node:fs';
import type { BuildOptions, Plugin } from 'rolldown';

/**
 * The program and its packages in one file that Node runs as it is. It is not minified, so that
 * stack traces can be read.
 */
export function bundle(dir: string): BuildOptions {
  return {
    input: 'src/main.ts',
    platform: 'node',
    // Its main module hands `require` around, where no bundler can follow (3.3.1).
    resolve: { alias: { 'jsonc-parser': 'jsonc-parser/lib/esm/main.js' } },
    // Of the client only KubeConfig is used. Its package.json does not say that its modules do nothing
    // when they are loaded; but for a polyfill for Node 18 they do not (2.0.1).
    treeshake: {
      moduleSideEffects: [
        { test: /\/node_modules\/@kubernetes\/client-node\//, sideEffects: false },
      ],
    },
    plugins: [licences()],
    output: {
      dir,
      cleanDir: true,
      entryFileNames: 'mirrorauth.mjs',
      format: 'esm',
      codeSplitting: false,
      comments: { legal: true, annotation: false, jsdoc: false },
    },
  };
}

/** Writes the licences of all bundled packages beside the bundle, as most of them demand. */
function licences(): Plugin {
  return {
    name: 'licences',
    generateBundle(_options, files): void {
      const modules = Object.values(files).flatMap((file) =>
        file.type === 'chunk' ? file.moduleIds : [],
      );
      const folders = new Set(
        modules.flatMap((id) => /^.*\/node_modules\/(?:@[^/]+\/)?[^/]+\//.exec(id) ?? []),
      );
      const source = [...folders].toSorted().map(licenceOf).join('\n');
      this.emitFile({ type: 'asset', fileName: 'THIRD-PARTY-LICENCES.txt', source });
    },
  };
}

/** What package.json says of the licence, and its text where the package has one. */
function licenceOf(folder: string): string {
  const name = folder.slice(folder.lastIndexOf('node_modules/') + 'node_modules/'.length, -1);
  const manifest = readFileSync(`${folder}package.json`, 'utf8');
  const [, licence = 'see its text'] = /"license":\s*"([^"]+)"/.exec(manifest) ?? [];
  const texts = readdirSync(folder)
    .filter((file) => /^(licen[cs]e|notice)(\.|$)/i.test(file))
    .map((file) => readFileSync(`${folder}${file}`, 'utf8').trim());
  return [`=== ${name}: ${licence}`, ...texts, ''].join('\n\n');
}

/** `npm run bundle` */
export default bundle('dist');
