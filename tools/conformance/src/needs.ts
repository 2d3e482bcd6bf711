// What a test needs of the machine: programs from Debian packages, root with network namespaces, recorded captures.
// A test that lacks something skips and says by name what to install; with CI=true that is a failure, except for what nobody can install.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { accessSync, constants, existsSync, readdirSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { it } from 'vitest';
import { mayBoundMemory } from './lab/memory-group.ts';

/** Programs that tests run, and the Debian package each comes from. */
export const PACKAGES = {
  chromium: 'chromium',
  conntrack: 'conntrack',
  ethtool: 'ethtool',
  ip: 'iproute2',
  iperf3: 'iperf3',
  nfcapd: 'nfdump',
  nft: 'nftables',
  'ovs-vswitchd': 'openvswitch-switch',
  pmacctd: 'pmacct',
  softflowd: 'softflowd',
  'systemd-socket-activate': 'systemd',
  tshark: 'tshark',
} as const;

/**
 * What a test can ask for: a program of PACKAGES, `schemathesis`, `netns`: root that may make network namespaces, `memory-cgroup`: a control
 * group of its own that bounds memory, or `libfaketime`: a library that shows a process another time.
 */
export type Need = keyof typeof PACKAGES | 'schemathesis' | 'netns' | 'memory-cgroup' | 'libfaketime';

/**
 * What a machine has or has not: containers commonly mount control groups read-only, and neither `.ci/run` nor root in there can change
 * that. A CI that runs in one would fail for ever, so this is skipped, by name, with CI=true too. Namespaces are not in here: whoever runs
 * `.ci/run` as root, as it asks, has them.
 */
const MACHINES_OWN: ReadonlySet<Need> = new Set<Need>(['memory-cgroup']);

// Debian keeps daemons in sbin, which is not in everyone's PATH.
const FOLDERS = [
  schemathesisFolder(),
  ...(process.env.PATH ?? '').split(':'),
  '/usr/local/sbin',
  '/usr/sbin',
  '/sbin',
  '/usr/bin',
  '/bin',
];

/** Where `.ci/run` installs schemathesis: a folder named for the versions of all that is in it. */
function schemathesisFolder(): string {
  const requirements = readFileSync(new URL('../../../.ci/schemathesis.txt', import.meta.url));
  const name = `schemathesis-${createHash('sha256').update(requirements).digest('hex').slice(0, 12)}`;
  return join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'weir', name, 'bin');
}

/** Full path of a program, or undefined. */
export function programPath(name: string): string | undefined {
  for (const folder of FOLDERS) {
    if (folder === '') continue;
    const path = join(folder, name);
    try {
      accessSync(path, constants.X_OK);
      return path;
    } catch {
      // Not in this folder.
    }
  }
  return undefined;
}

/** Path of the library that shows a process with threads another time, or undefined. */
export function libfaketime(): string | undefined {
  const folders = existsSync('/usr/lib')
    ? readdirSync('/usr/lib').map((name) => join('/usr/lib', name, 'faketime'))
    : [];
  return folders.map((folder) => join(folder, 'libfaketimeMT.so.1')).find((path) => existsSync(path));
}

let netnsAllowed: boolean | undefined;

/** Whether this process may make network namespaces: tries it, once. */
function mayMakeNamespaces(): boolean {
  netnsAllowed ??= process.getuid?.() === 0 && spawnSync('unshare', ['--net', 'true']).status === 0;
  return netnsAllowed;
}

/** What is missing of `needs`, each as a person reads it: `tshark (Debian package tshark)`. */
export function missing(...needs: Need[]): string[] {
  return needs.flatMap((need) => {
    if (need === 'netns') return mayMakeNamespaces() ? [] : ['root that may make network namespaces'];
    if (need === 'memory-cgroup') {
      return mayBoundMemory() ? [] : ['a control group for memory that this process may make (below /sys/fs/cgroup)'];
    }
    if (need === 'schemathesis') {
      return programPath(need) === undefined ? ['schemathesis (.ci/run installs it from .ci/schemathesis.txt)'] : [];
    }
    if (need === 'libfaketime') {
      return libfaketime() === undefined ? ['libfaketime (Debian package libfaketime)'] : [];
    }
    return programPath(need) === undefined ? [`${need} (Debian package ${PACKAGES[need]})`] : [];
  });
}

/** Puts a test in the run that stands for all those that cannot run: it skips with the reason, or fails with CI=true and `must`. */
function report(lacking: readonly string[], must = true): void {
  const message = `needs ${lacking.join(', ')}`;
  it(message, (context) => {
    if (must && process.env.CI === 'true') throw new Error(`this machine lacks what the tests of this file ${message}`);
    context.skip(message);
  });
}

/**
 * Whether everything asked for is there, for `describe.runIf(needs('tshark', 'netns'))`. When something is missing it
 * also adds a test to the file that says what: skipped, or failed with CI=true where it could be there.
 */
export function needs(...asked: Need[]): boolean {
  const lacking = missing(...asked);
  if (lacking.length > 0) report(lacking, missing(...asked.filter((need) => !MACHINES_OWN.has(need))).length > 0);
  return lacking.length === 0;
}

/** Root of the repository. */
export const REPOSITORY = fileURLToPath(new URL('../../..', import.meta.url)).replace(/\/$/, '');

/**
 * A folder of recorded material that lies beside the repository (`../shared/<name>`) and is not part of it. Undefined
 * when absent, and then a test of the file says so: skipped, or failed with CI=true.
 */
export function sharedFolder(name: string): string | undefined {
  const path = join(dirname(REPOSITORY), 'shared', name);
  if (existsSync(path)) return path;
  report([`the folder shared/${name} beside the repository`]);
  return undefined;
}
