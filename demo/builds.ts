import type { Buildkitd, BuildResult } from '../testbed/buildkit.ts';
import { claim } from './claim.ts';
import { bad, good, table } from './page.ts';
import { LOGIN } from './setting.ts';
import type { Setting } from './setting.ts';
import { whoAsked } from './who-asked.ts';
import type { Asked } from './who-asked.ts';

export interface BuildRequest {
  readonly buildkitd: Buildkitd;
  /** Of the image `team/base` at the origin. */
  readonly tag: string;
  /** What the build client is given as `DOCKER_CONFIG`. */
  readonly dockerConfigDir: string;
}

export interface Build extends BuildResult {
  /** Who asked each of the two registries during this build. */
  readonly asked: { readonly origin: readonly Asked[]; readonly mirror: readonly Asked[] };
}

/** Builds on top of an image and shows who asked whom for it. Errors: the build fails. */
export async function showBuild(
  { origin, mirror }: Setting,
  { buildkitd, tag, dockerConfigDir }: BuildRequest,
): Promise<Build> {
  await origin.clear();
  await mirror.clear();
  const result = await buildkitd.build({
    dockerfile: `FROM ${origin.host}/team/base:${tag}\nCOPY app /\n`,
    files: { app: 'the application' },
    dockerConfigDir,
  });
  claim(result.code === 0, 'the build succeeds', result.progress);
  const asked = {
    mirror: whoAsked(await mirror.requests()),
    origin: whoAsked(await origin.requests()),
  };
  table([...rowsOf('mirror', asked.mirror), ...rowsOf('origin', asked.origin)]);
  return { ...result, asked };
}

/** Claims that all came from the mirror as the right user, and that only the mirror asked the origin. */
export function claimThroughMirror({ asked, daemonLog }: Build): void {
  const evidence = JSON.stringify(asked, undefined, 2);
  const [served, ...others] = asked.mirror;
  claim(others.length === 0, 'the mirror refuses nothing', evidence);
  claim(
    served?.as === LOGIN.user && served.status === 200 && served.what.includes('blob'),
    `the mirror serves ${LOGIN.user}`,
    evidence,
  );
  claim(
    asked.origin.every(({ by }) => by === 'the mirror'),
    'buildkitd does not ask the origin',
    evidence,
  );
  claim(!daemonLog.includes('trying next host'), 'buildkitd does not fall back', daemonLog);
}

function rowsOf(registry: string, asked: readonly Asked[]): readonly (readonly string[])[] {
  return asked.map(({ by, as, what, status }) => [
    `${registry} <- ${by}`,
    `as ${as}`,
    what,
    status < 400 ? good(String(status)) : bad(String(status)),
  ]);
}
