// Two hosts and a switch between them, each a network namespace: what the real exporters watch. Names carry the pid of the
// test process, so that what a killed run left behind is recognised and removed by the next.
//
//     left (10.77.0.1) ── p0 │ switch: exporters, collector │ p1 ── right (10.77.0.2)
//
// Both hosts also have an IPv6 address, and an address of their own for a VXLAN tunnel between them (kinds.ts has all of them).
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Host, KINDS, opposite } from './kinds.ts';
import { Daemon, run } from './process.ts';

const PREFIX = 'weir-lab-';

export type Place = Host | 'switch';
const MAC = { left: '02:77:00:00:00:01', right: '02:77:00:00:00:02' } as const;
const INNER_MAC = { left: '02:99:00:00:00:01', right: '02:99:00:00:00:02' } as const;
/** The switch reads frames from a raw socket: they must be whole, with their checksum, and no larger than the MTU. */
const WHOLE_FRAMES = ['tx', 'off', 'rx', 'off', 'tso', 'off', 'gso', 'off', 'gro', 'off'];

/** Removes namespaces and folders of labs whose process is gone. */
export function removeStaleLabs(): void {
  const gone = (name: string) => {
    const pid = new RegExp(`^${PREFIX}(\\d+)-`).exec(name)?.[1];
    return pid !== undefined && !isAlive(Number(pid));
  };
  for (const line of run('ip', ['netns', 'list']).split('\n')) {
    const name = line.split(' ')[0];
    if (gone(name)) removeNamespace(name);
  }
  for (const name of readdirSync(tmpdir())) {
    if (gone(name)) rmSync(join(tmpdir(), name), { recursive: true, force: true });
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

function removeNamespace(name: string): void {
  for (const pid of run('ip', ['netns', 'pids', name]).split('\n').filter(Boolean)) {
    try {
      process.kill(Number(pid), 'SIGKILL');
    } catch {
      // Ended meanwhile.
    }
  }
  run('ip', ['netns', 'delete', name]);
}

/** Counters of the interface of a host, since the lab began. Bytes are of Ethernet frames without their checksum. */
export interface InterfaceCounters {
  readonly sentBytes: number;
  readonly sentPackets: number;
  readonly receivedBytes: number;
  readonly receivedPackets: number;
}

export class Lab {
  /** For databases, sockets, logs and spools of this lab. */
  readonly folder: string;
  readonly #id: string;
  readonly #onExit = () => this.close();
  #closed = false;

  constructor(label: string) {
    removeStaleLabs();
    this.#id = `${PREFIX}${process.pid}-${label}`;
    this.folder = mkdtempSync(join(tmpdir(), `${this.#id}-`));
    process.on('exit', this.#onExit);
    for (const place of ['left', 'switch', 'right'] as const) {
      const name = this.namespace(place);
      run('ip', ['netns', 'add', name]);
      // No router solicitations or duplicate address detection: every packet counted belongs to the test's traffic.
      this.run(place, 'sysctl', ['-qw', 'net.ipv6.conf.all.disable_ipv6=1', 'net.ipv6.conf.default.disable_ipv6=1']);
      this.run(place, 'ip', ['link', 'set', 'lo', 'up']);
    }
    this.#connect('left', 'p0');
    this.#connect('right', 'p1');
  }

  namespace(place: Place): string {
    return `${this.#id}-${place}`;
  }

  /** One cable from a host's eth0 to a port of the switch. */
  #connect(host: Host, port: string): void {
    const here = this.namespace(host);
    const names = ['link', 'add', 'eth0', 'address', MAC[host], 'netns', here, 'type', 'veth', 'peer', 'name', port];
    run('ip', [...names, 'netns', this.namespace('switch')]);
    this.run(host, 'ethtool', ['-K', 'eth0', ...WHOLE_FRAMES]);
    this.run('switch', 'ethtool', ['-K', port, ...WHOLE_FRAMES]);
    this.run('switch', 'ip', ['link', 'set', port, 'up']);
    // IPv6 on this interface alone, with the address that is added and no other.
    const ipv6 = ['addr_gen_mode=1', 'accept_ra=0', 'router_solicitations=0', 'disable_ipv6=0'];
    this.run(host, 'sysctl', ['-qw', ...ipv6.map((setting) => `net.ipv6.conf.eth0.${setting}`)]);
    this.run(host, 'ip', ['link', 'set', 'eth0', 'up']);
    this.#address(host, 'eth0', KINDS.ipv4, MAC);
    this.#address(host, 'eth0', KINDS.ipv6, MAC);
    const { tunnel, prefix } = KINDS.vxlan;
    if (tunnel === undefined) return;
    this.#address(host, 'eth0', { left: tunnel.left, right: tunnel.right, prefix }, MAC);
    const ends = ['local', tunnel[host], 'remote', tunnel[opposite(host)], 'dstport', String(tunnel.port)];
    const kind = ['type', 'vxlan', 'id', String(tunnel.id), ...ends, 'dev', 'eth0', 'nolearning'];
    this.run(host, 'ip', ['link', 'add', 'vx0', 'address', INNER_MAC[host], ...kind]);
    this.run(host, 'ethtool', ['-K', 'vx0', ...WHOLE_FRAMES]);
    this.run(host, 'ip', ['link', 'set', 'vx0', 'up']);
    this.#address(host, 'vx0', KINDS.vxlan, INNER_MAC);
  }

  /** An address, and the other host's as a neighbour known beforehand: no ARP or neighbour discovery mixes with what is counted. */
  #address(
    host: Host,
    device: string,
    ends: Readonly<Record<Host, string>> & { readonly prefix: number },
    macs: Readonly<Record<Host, string>>,
  ): void {
    const other = opposite(host);
    const nodad = ends[host].includes(':') ? ['nodad'] : [];
    this.run(host, 'ip', ['address', 'add', `${ends[host]}/${ends.prefix}`, 'dev', device, ...nodad]);
    this.run(host, 'ip', ['neighbour', 'add', ends[other], 'lladdr', macs[other], 'dev', device]);
  }

  /**
   * Gives the switch another address. An exporter that sends to it is seen as coming from it (a local destination is
   * reached from its own address), which tells exporters on one machine apart.
   */
  addExporterAddress(address: string): void {
    this.run('switch', 'ip', ['address', 'add', `${address}/32`, 'dev', 'lo']);
  }

  /** Runs a program in a namespace to its end and returns what it printed. */
  run(place: Place, program: string, args: readonly string[]): string {
    return run('ip', ['netns', 'exec', this.namespace(place), program, ...args]);
  }

  /** Starts a program in a namespace. */
  start(place: Place, program: string, args: readonly string[], env?: NodeJS.ProcessEnv): Daemon {
    // `ip netns exec` becomes the program, so signals reach it.
    const options = env === undefined ? {} : { env: { ...process.env, ...env } };
    return new Daemon('ip', ['netns', 'exec', this.namespace(place), program, ...args], options);
  }

  counters(host: Host): InterfaceCounters {
    const names = ['tx_bytes', 'tx_packets', 'rx_bytes', 'rx_packets'];
    const paths = names.map((name) => `/sys/class/net/eth0/statistics/${name}`);
    const [sentBytes, sentPackets, receivedBytes, receivedPackets] = this.run(host, 'cat', paths)
      .trim()
      .split('\n')
      .map(Number);
    return { sentBytes, sentPackets, receivedBytes, receivedPackets };
  }

  /** Ends every process in the namespaces and removes them and the folder. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    process.off('exit', this.#onExit);
    const existing = run('ip', ['netns', 'list']);
    for (const place of ['left', 'switch', 'right'] as const) {
      if (existing.includes(this.namespace(place))) removeNamespace(this.namespace(place));
    }
    rmSync(this.folder, { recursive: true, force: true });
  }
}
