import type { ControlPlane } from '../testbed/control-plane.ts';
import { compact } from './etcd.ts';

/** Something that befalls a control plane. When it resolves, that serves again. */
type Incident = (cluster: ControlPlane) => Promise<void>;

/** Under the eyes of those who watch. */
const compaction: Incident = ({ details }) => compact(details.etcdUrl);

const restart: Incident = (cluster) => cluster.restartApiServer();

/** When it is back, it does not know the versions that its clients have seen last. */
const killAndCompaction: Incident = async (cluster) => {
  process.kill(cluster.apiServerPid, 'SIGKILL');
  await compact(cluster.details.etcdUrl);
  await cluster.restartApiServer();
};

/** In turns. */
export const INCIDENTS: readonly Incident[] = [killAndCompaction, compaction, restart];
