// Tunnels that end in the switch: Open vSwitch puts the left host's frames into one, and a second Open vSwitch in the right
// host's namespace takes them out again. iperf3 knows nothing of it.
//
//     left (inner address) ── p0 │ br-int ── tunnel ── br-phy (tunnel's left end) │ p1 ──
//                       ── eth0 │ br-phy (tunnel's right end) ── tunnel ── br-int (inner address): right
import { type Host, KINDS, type Kind, opposite } from './kinds.ts';
import type { Lab } from './network.ts';
import { type OpenVSwitch, runOpenVSwitch } from './open-vswitch.ts';

export type TunnelType = 'vxlan' | 'geneve' | 'gre';

const ENDS: Readonly<Record<Host, string>> = { left: '10.77.2.1', right: '10.77.2.2' };

/** The tunnels, one after the other. `overhead` is from the outer to the inner IP header: IPv4, UDP or GRE with a key, Ethernet. */
export const TUNNELS = {
  vxlan: { ...ENDS, id: 7_700_077, protocol: 17, port: 4789, overhead: 20 + 8 + 8 + 14 },
  geneve: { ...ENDS, id: 7_700_078, protocol: 17, port: 6081, overhead: 20 + 8 + 8 + 14 },
  // From 2^20 on a key cannot be told from NVGRE's subnet and flow.
  gre: { ...ENDS, id: 770_079, protocol: 47, port: 0, overhead: 20 + 8 + 14 },
} as const;

export const TUNNEL_TYPES = Object.keys(TUNNELS) as readonly TunnelType[];

/** What iperf3 sends through each. The left host's cable shows it without the tunnel. */
export const INNER: Kind = {
  name: 'ipv4',
  left: '10.98.0.1',
  right: '10.98.0.2',
  prefix: 24,
  encapsulation: 0,
  udpHeaders: KINDS.ipv4.udpHeaders,
  tcpHeaders: KINDS.ipv4.tcpHeaders,
  mtu: 1450,
  seconds: 1,
};

export interface TunnelEnds {
  /** The switch that exports: frames of the left host are on its br-int. */
  readonly near: OpenVSwitch;
  /** Makes the tunnel another. */
  become(type: TunnelType): void;
  stop(): Promise<void>;
}

export async function endTunnelsInSwitch(lab: Lab): Promise<TunnelEnds> {
  const near = await runOpenVSwitch(lab, 'switch');
  const far = await runOpenVSwitch(lab, 'right');
  const bridge = (name: string) => ['add-br', name, '--', 'set', 'bridge', name, 'datapath_type=netdev'];
  for (const [open, cable] of [
    [near, 'p1'],
    [far, 'eth0'],
  ] as const) {
    open.vsctl(...bridge('br-phy'), '--', 'add-port', 'br-phy', cable);
    open.vsctl(
      ...bridge('br-int'),
      '--',
      'add-port',
      'br-int',
      'tunnel',
      '--',
      'set',
      'interface',
      'tunnel',
      'type=vxlan',
    );
  }
  near.vsctl('add-port', 'br-int', 'p0');
  const address = (place: 'left' | 'switch' | 'right', device: string, own: string, mtu: number) => {
    lab.run(place, 'ip', ['address', 'add', `${own}/24`, 'dev', device]);
    lab.run(place, 'ip', ['link', 'set', device, 'mtu', String(mtu), 'up']);
  };
  address('switch', 'br-phy', ENDS.left, 1500);
  address('right', 'br-phy', ENDS.right, 1500);
  address('left', 'eth0', INNER.left, INNER.mtu);
  address('right', 'br-int', INNER.right, INNER.mtu);
  for (const device of ['br-phy', 'br-int']) {
    lab.run('right', 'ethtool', ['-K', device, 'tx', 'off', 'tso', 'off', 'gso', 'off', 'gro', 'off']);
  }
  return {
    near,
    become(type) {
      for (const [open, host] of [
        [near, 'left'],
        [far, 'right'],
      ] as const) {
        const options = [`options:remote_ip=${ENDS[opposite(host)]}`, `options:key=${TUNNELS[type].id}`];
        open.vsctl('set', 'interface', 'tunnel', `type=${type}`, ...options);
      }
    },
    async stop() {
      await near.stop();
      await far.stop();
    },
  };
}
