import { globSync } from 'node:fs';
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';
import { startControlPlane } from '../../testbed/control-plane.ts';
import type { ControlPlaneDetails } from '../../testbed/control-plane/client.ts';
import { printProgress } from '../../testbed/progress.ts';

declare module 'vitest' {
  interface ProvidedContext {
    /** The control plane of this run, with our CRDs: `new ControlPlaneClient(inject('controlPlane'))`. */
    controlPlane: ControlPlaneDetails;
  }
}

/**
 * vitest calls this once for each project, one after the other, each time in a new copy of this
 * module. What the root project provides reaches all of them, so the first one starts the control
 * plane for the whole run, and the others find it there.
 */
export async function setup(project: TestProject): Promise<(() => Promise<void>) | undefined> {
  const root = project.vitest.getRootProject();
  const provided: Partial<ReturnType<TestProject['getProvidedContext']>> =
    root.getProvidedContext();
  if (provided.controlPlane !== undefined) return undefined;
  const crds = globSync(join(import.meta.dirname, '..', '..', 'crds', 'mirrorauth.dev_*.yaml'));
  const controlPlane = await startControlPlane({ crds });
  controlPlane.died.addEventListener('abort', () => {
    printProgress(String(controlPlane.died.reason));
  });
  // The rights that the operator has in these tests are the ones that it is installed with.
  await controlPlane.expectKubectl([
    'apply',
    '--server-side',
    '--force-conflicts',
    `--kustomize=${join(import.meta.dirname, '..', '..', 'deploy')}`,
  ]);
  root.provide('controlPlane', controlPlane.details);
  return () => controlPlane.stop();
}
