// Open vSwitch in a namespace: a database and a daemon of its own, nothing of the system's, bridges in userspace.
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Lab, Place } from './network.ts';
import { run } from './process.ts';

export interface OpenVSwitch {
  /** Runs ovs-vsctl, which waits until the daemon has done what it says. */
  vsctl(...args: string[]): void;
  stop(): Promise<void>;
}

export async function runOpenVSwitch(lab: Lab, place: Place): Promise<OpenVSwitch> {
  const folder = join(lab.folder, `ovs-${place}`);
  mkdirSync(folder);
  const env = { OVS_RUNDIR: folder, OVS_LOGDIR: folder, OVS_DBDIR: folder };
  const socket = `unix:${join(folder, 'db.sock')}`;
  run('ovsdb-tool', ['create', join(folder, 'conf.db'), '/usr/share/openvswitch/vswitch.ovsschema']);
  const serving = [join(folder, 'conf.db'), `--remote=p${socket}`, `--unixctl=${join(folder, 'db.ctl')}`];
  const database = lab.start(place, 'ovsdb-server', serving, env);
  const vsctl = (...args: string[]): void => {
    run('ovs-vsctl', [`--db=${socket}`, '--timeout=10', ...args]);
  };
  await database.until(() => responds(() => vsctl('--no-wait', 'init')), 'the database answers');

  // First in turn on a busy machine: frames that it does not read in time are lost, and with them the comparison.
  const switching = ['-n', '-15', 'ovs-vswitchd', socket, `--unixctl=${join(folder, 'vswitchd.ctl')}`];
  const vswitchd = lab.start(place, 'nice', switching, env);
  return {
    vsctl,
    async stop() {
      await vswitchd.stop();
      await database.stop();
    },
  };
}

function responds(ask: () => unknown): boolean {
  try {
    ask();
    return true;
  } catch {
    return false;
  }
}
