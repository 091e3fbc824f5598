import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import type { Buildkitd } from '../testbed/buildkit.ts';
import { BINARIES, pinnedVersion } from '../testbed/binaries/catalog.ts';
import { MIRROR_USER } from '../testbed/origin-and-mirror.ts';
import { mountVolume } from '../testbed/volume.ts';
import { claimThroughMirror, showBuild } from './builds.ts';
import { claim } from './claim.ts';
import { mirrorAuthYaml } from './mirrorauth-yaml.ts';
import { showOutputs } from './outputs.ts';
import { conclusion, heading, line, quote } from './page.ts';
import { claimOldPasswordRefused, rotateSecret } from './rotation.ts';
import { LOGIN, NAMESPACE } from './setting.ts';
import type { Setting } from './setting.ts';

const Version = z.object({ gitVersion: z.string() });

/** Tells the story. Errors: something that it was to show is not so. */
export async function tellStory(setting: Setting): Promise<void> {
  await introduce(setting);
  await buildWithout(setting);
  await applyMirrorAuth(setting);
  const buildkitd = await buildWith(setting);
  await rotate(setting, buildkitd);
}

async function introduce({ cluster, origin, mirror }: Setting): Promise<void> {
  const { gitVersion } = Version.parse(JSON.parse(await cluster.get('/version')));
  const buildkit = pinnedVersion(BINARIES.buildkitd.module);
  const distribution = pinnedVersion(BINARIES.registry.module);
  const { user } = LOGIN;
  heading(
    `mirrorauth, kube-apiserver ${gitVersion}, BuildKit ${buildkit}, distribution ${distribution}`,
  );
  line(`origin  ${origin.host}  asks for a login; knows ${user}`);
  line(`mirror  ${mirror.host}  asks, too; knows ${user}; pulls through as ${MIRROR_USER}`);
}

async function buildWithout(setting: Setting): Promise<void> {
  const { origin, mirror, dir } = setting;
  heading(`1. Without mirrorauth: FROM ${origin.host}/team/base:1`);
  line('By hand: buildkitd knows the mirror, the CI job has the login for the origin.');
  const toml = `[registry."${origin.host}"]\nmirrors = ["${mirror.host}"]\n`;
  const configPath = await write(join(dir, 'by-hand', 'etc-buildkit'), 'buildkitd.toml', toml);
  const auth = Buffer.from(`${LOGIN.user}:${LOGIN.password}`).toString('base64');
  const dockerConfigDir = join(dir, 'by-hand', 'docker-config');
  await write(
    dockerConfigDir,
    'config.json',
    JSON.stringify({ auths: { [origin.host]: { auth } } }),
  );

  const buildkitd = await setting.startBuildkitd('buildkitd-before', configPath);
  const { asked, daemonLog } = await showBuild(setting, { buildkitd, tag: '1', dockerConfigDir });
  await buildkitd.stop();

  const [said] = /trying next host after status: [\w ]+/.exec(daemonLog) ?? [];
  claim(said !== undefined, 'buildkitd says that it goes to the next host', daemonLog);
  line(`buildkitd's log: ${said}`);
  const isUnused = asked.mirror.length > 0 && asked.mirror.every(({ status }) => status === 401);
  claim(isUnused, 'the mirror is asked and serves nothing', JSON.stringify(asked, undefined, 2));
  conclusion('The mirror served nothing. The build is green, so nobody notices.');
}

async function write(dir: string, name: string, text: string): Promise<string> {
  await mkdir(dir, { recursive: true });
  await writeFile(join(dir, name), text);
  return join(dir, name);
}

async function applyMirrorAuth(setting: Setting): Promise<void> {
  const { cluster, origin, mirror } = setting;
  const kubectl = (args: readonly string[], input = ''): Promise<string> =>
    cluster.expectKubectl([`--namespace=${NAMESPACE}`, ...args], { input });
  await kubectl([
    'create',
    'secret',
    'generic',
    'origin-login',
    '--type=kubernetes.io/basic-auth',
    `--from-literal=username=${LOGIN.user}`,
    `--from-literal=password=${LOGIN.password}`,
  ]);
  heading("2. kubectl apply: the mirror is given the origin's login, in writing");
  const yaml = mirrorAuthYaml({ origin: origin.host, mirror: mirror.host });
  quote(yaml);
  await kubectl(['apply', '--filename=-'], yaml);
  await kubectl(['wait', 'mauth/ci', '--for=condition=Ready', '--timeout=30s']);
  await showOutputs(setting);
}

async function buildWith(setting: Setting): Promise<Buildkitd> {
  heading('3. With mirrorauth: the job mounts ci-pull, buildkitd mounts ci-buildkitd');
  const etc = join(setting.dir, 'etc-buildkit');
  await mountVolume(
    setting.cluster,
    { kind: 'ConfigMap', namespace: NAMESPACE, name: 'ci-buildkitd' },
    etc,
  );
  const dockerConfigDir = await mountPullSecret(setting);
  const buildkitd = await setting.startBuildkitd('buildkitd', join(etc, 'buildkitd.toml'));
  claimThroughMirror(await showBuild(setting, { buildkitd, tag: '1', dockerConfigDir }));
  conclusion(`All came from the mirror; buildkitd (pid ${buildkitd.pid}) did not ask the origin.`);
  return buildkitd;
}

/** The client's `DOCKER_CONFIG`, as it is after kubelet's next look. */
async function mountPullSecret({ cluster, dir }: Setting): Promise<string> {
  const dockerConfigDir = join(dir, 'docker-config');
  await mountVolume(
    cluster,
    { kind: 'Secret', namespace: NAMESPACE, name: 'ci-pull' },
    dockerConfigDir,
  );
  return dockerConfigDir;
}

async function rotate(setting: Setting, buildkitd: Buildkitd): Promise<void> {
  const { origin, mirror } = setting;
  heading(`4. ${LOGIN.user} gets a new password: at the origin, the mirror and in origin-login`);
  await origin.setPassword(LOGIN.user, LOGIN.nextPassword);
  await mirror.setPassword(LOGIN.user, LOGIN.nextPassword);
  await rotateSecret(setting);
  await claimOldPasswordRefused(setting);
  const dockerConfigDir = await mountPullSecret(setting);
  line('The old password gets 401 from both. Then FROM team/base:2, new to the mirror:');
  claimThroughMirror(await showBuild(setting, { buildkitd, tag: '2', dockerConfigDir }));
  claim(!buildkitd.died.aborted, 'buildkitd is the one that was started', buildkitd.log());
  conclusion(`The mirror goes on serving. No restart: buildkitd is still pid ${buildkitd.pid}.`);
}
