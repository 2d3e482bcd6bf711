// The real exporters, each started in the switch namespace with files of its own and nothing of the system's.
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Lab } from './network.ts';
import { runOpenVSwitch } from './open-vswitch.ts';
import { run } from './process.ts';

/** Where an exporter sends, `address:port`. */
export type Target = string;

/** A running exporter. `stop` lets it send what it still holds. */
export interface RunningExporter {
  stop(): Promise<void>;
}

export interface OpenVSwitchTargets {
  readonly netflow: Target;
  readonly sflow: Target;
  /** Packets per sFlow sample. */
  readonly sflowSampling: number;
  readonly ipfix: Target;
  readonly ipfixDomain: number;
}

/** Open vSwitch with a userspace bridge over p0 and p1, exporting all three protocols at once. */
export async function startOpenVSwitch(lab: Lab, targets: OpenVSwitchTargets): Promise<RunningExporter> {
  const { vsctl, stop } = await runOpenVSwitch(lab, 'switch');
  vsctl('add-br', 'br0', '--', 'set', 'bridge', 'br0', 'datapath_type=netdev');
  vsctl('add-port', 'br0', 'p0', '--', 'add-port', 'br0', 'p1');
  vsctl(
    // The timeout matters: Open vSwitch does not send what it still holds for NetFlow when it is switched off.
    ...['--', '--id=@n', 'create', 'netflow', `targets="${targets.netflow}"`, 'active_timeout=1'],
    ...['--', '--id=@s', 'create', 'sflow', `targets="${targets.sflow}"`, 'agent=lo', 'polling=2'],
    ...[`sampling=${targets.sflowSampling}`, 'header=128'],
    ...['--', '--id=@i', 'create', 'ipfix', `targets="${targets.ipfix}"`, `obs_domain_id=${targets.ipfixDomain}`],
    // Without a cache OVS sends a record for every packet sampled; templates often, because a test is short.
    ...['sampling=1', 'cache_active_timeout=5', 'cache_max_flows=1000', 'other_config:template_interval=1'],
    ...['--', 'set', 'bridge', 'br0', 'netflow=@n', 'sflow=@s', 'ipfix=@i'],
  );
  return {
    async stop() {
      // Clearing makes Open vSwitch send the IPFIX flows it holds.
      vsctl('clear', 'bridge', 'br0', 'netflow', '--', 'clear', 'bridge', 'br0', 'sflow');
      vsctl('clear', 'bridge', 'br0', 'ipfix');
      await stop();
    },
  };
}

/** softflowd on p0; `version` 5, 9 or 10 (IPFIX). Sends all flows it holds when stopped. */
export async function startSoftflowd(lab: Lab, version: 5 | 9 | 10, target: Target): Promise<RunningExporter> {
  const files = join(lab.folder, `softflowd-${version}`);
  const daemon = lab.start('switch', 'softflowd', [
    ...['-d', '-i', 'p0', '-n', target, '-v', String(version), '-p', `${files}.pid`, '-c', `${files}.ctl`],
    // Long enough that each flow is one record, sent at the end.
    ...['-t', 'expint=1', '-B', String(8 << 20)],
  ]);
  await daemon.until(() => existsSync(`${files}.ctl`), 'it makes its control socket');
  return {
    async stop() {
      // Debian 12's softflowd 1.1.0 sends nothing on SIGTERM, although its manual says so.
      run('softflowctl', ['-c', `${files}.ctl`, 'expire-all']);
      await daemon.stop('SIGTERM');
    },
  };
}

export interface PmacctPlugin {
  readonly name: string;
  readonly plugin: 'nfprobe' | 'sfprobe';
  readonly settings: Readonly<Record<string, string | number>>;
}

/** pmacctd on a port of the switch with the given plugins. Sends all flows it holds when stopped. */
export async function startPmacct(
  lab: Lab,
  port: 'p0' | 'p1',
  plugins: readonly PmacctPlugin[],
): Promise<RunningExporter> {
  const lines = [
    'daemonize: false',
    `pcap_interface: ${port}`,
    'promisc: true',
    'snaplen: 256',
    'plugin_pipe_size: 16777216',
    'plugin_buffer_size: 65536',
    'aggregate: src_host, dst_host, src_port, dst_port, proto, tos, tcpflags, in_iface, out_iface',
    `plugins: ${plugins.map(({ name, plugin }) => `${plugin}[${name}]`).join(', ')}`,
    ...plugins.flatMap(({ name, settings }) =>
      Object.entries(settings).map(([setting, value]) => `${setting}[${name}]: ${value}`),
    ),
  ];
  const file = join(lab.folder, 'pmacctd.conf');
  writeFileSync(file, `${lines.join('\n')}\n`);
  const daemon = lab.start('switch', 'pmacctd', ['-f', file]);
  // Its last words before it reads packets.
  await daemon.until(() => /link type is/.test(daemon.output), 'it opens the interface');
  return { stop: () => daemon.stop('SIGINT', 20) };
}
