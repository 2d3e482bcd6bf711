// The cluster that the traffic is of: 5,000 pods on 100 nodes, with services. Every flow has a pod at both ends, any pair of them.
import type { InventoryInput } from '@weir/enrich';
import type { Random } from './random.ts';

export const PODS = 5_000;
const NODES = 100;
const SERVICES = 250;
const NAMESPACES = 40;
const PODS_PER_WORKLOAD = 10;
const ZONES = 3;

/** Address of pod `index` as the number of its four bytes: 10.128.0.0/14, a /24 a node. */
export function podAddress(index: number): number {
  const node = index % NODES;
  return ((10 << 24) | (128 << 16) | (node << 8) | (Math.floor(index / NODES) + 2)) >>> 0;
}

export function addressText(address: number): string {
  return `${address >>> 24}.${(address >>> 16) & 255}.${(address >>> 8) & 255}.${address & 255}`;
}

/** The inventory of the cluster, as its YAML would be written. */
export function clusterInventory(): InventoryInput {
  const workload = (pod: number) => Math.floor(pod / PODS_PER_WORKLOAD);
  const namespace = (pod: number) => `team-${workload(pod) % NAMESPACES}`;
  return {
    cluster: 'bench',
    networks: { pods: ['10.128.0.0/14'], services: ['172.30.0.0/16'], nodes: ['10.0.0.0/16'] },
    nodes: Array.from({ length: NODES }, (_, node) => ({
      name: `node-${node}`,
      addresses: [`10.0.0.${node + 10}`],
      zone: `zone-${node % ZONES}`,
      region: 'region-1',
    })),
    pods: Array.from({ length: PODS }, (_, pod) => ({
      namespace: namespace(pod),
      name: `app-${workload(pod)}-${pod}`,
      addresses: [addressText(podAddress(pod))],
      node: `node-${pod % NODES}`,
      workload: `app-${workload(pod)}`,
      workload_kind: 'Deployment',
      labels: { app: `app-${workload(pod)}`, tier: pod % 2 === 0 ? 'front' : 'back' },
    })),
    services: Array.from({ length: SERVICES }, (_, service) => ({
      namespace: namespace(service * PODS_PER_WORKLOAD),
      name: `app-${service}`,
      cluster_ips: [`172.30.${service >> 8}.${(service & 255) + 1}`],
      ports: [{ port: 8080, protocol: 'TCP' }],
    })),
  };
}

/** Ports that servers listen on; the client's is one of 28,232 ephemeral ones. */
const SERVER_PORTS = [80, 443, 8080, 8443, 5432, 6379, 9092, 3306, 9090, 53, 4317, 5000, 9200, 27017, 11211, 15021];
const EPHEMERAL_FROM = 32_768;
const EPHEMERAL_COUNT = 28_232;

/** What differs from flow to flow. One object, drawn again for each. */
export interface Draw {
  src: number;
  dst: number;
  srcPort: number;
  dstPort: number;
  proto: number;
  packets: number;
  bytes: number;
}

/**
 * Draws one of 5,000 × 5,000 × 28,232 × 16 × 2 different 5-tuples (2.3 · 10^13), half of them requests and half answers: of
 * 20 million drawn about ten are met twice.
 */
export function draw(random: Random, into: Draw): void {
  const low = random.u32();
  const high = random.u32();
  const client = EPHEMERAL_FROM + (low % EPHEMERAL_COUNT);
  const server = SERVER_PORTS[(high >>> 4) & 15];
  const answers = (high & 1) !== 0;
  into.src = podAddress(random.below(PODS));
  into.dst = podAddress(random.below(PODS));
  into.srcPort = answers ? server : client;
  into.dstPort = answers ? client : server;
  into.proto = server === 53 ? 17 : 6;
  into.packets = 1 + ((high >>> 8) & 1023);
  into.bytes = into.packets * (40 + ((high >>> 18) % 1_400));
}
