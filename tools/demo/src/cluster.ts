// The demo's cluster: its inventory, and the same as ends that traffic can be made between.
import { type Inventory, parseInventory } from '@weir/enrich';
import { parseAddress } from '@weir/record';
import { Random } from './random.ts';
import { CUSTOMER_NETWORKS, PARTNERS, WORKLOADS, type Workload } from './workloads.ts';

/** Nodes with their zone, and the loopback address that their exporters send from. */
export const NODES = [
  { name: 'node-a1', zone: 'demo-1a' },
  { name: 'node-a2', zone: 'demo-1a' },
  { name: 'node-b1', zone: 'demo-1b' },
  { name: 'node-b2', zone: 'demo-1b' },
  { name: 'node-c1', zone: 'demo-1c' },
  { name: 'node-c2', zone: 'demo-1c' },
] as const;

export const exporterAddress = (node: number): string => `127.0.10.${node + 1}`;
const nodeAddress = (node: number): string => `10.60.0.${node + 11}`;

/** One end of traffic. */
export interface End {
  /** Four words. */
  readonly ipv4: Uint32Array;
  readonly ipv6: Uint32Array | undefined;
  /** Index of its node; -1 outside the cluster. */
  readonly node: number;
  readonly as: number;
  /** ifIndex of its port on the node's bridge. */
  readonly port: number;
  /** For the address of a Service: the port it is used on. */
  readonly servicePort?: number;
}

/** ifIndex of a node's uplink; pods' ports come after it. */
export const UPLINK = 1;

/** The cluster that the demo shows unless told otherwise. */
export const DEMO_SEED = 1;

/** The inventory of the cluster that a seed makes. */
export function demoInventory(seed = DEMO_SEED): Inventory {
  const random = new Random(seed);
  const pods: object[] = [];
  const perNode = new Array<number>(NODES.length).fill(0);
  let turn = random.below(NODES.length);
  for (const workload of WORKLOADS) {
    const replicas = workload.kind === 'DaemonSet' ? NODES.length : workload.replicas;
    const revision = `${random.suffix(9)}`;
    for (let replica = 0; replica < replicas; replica++) {
      const node = workload.kind === 'DaemonSet' ? replica : turn++ % NODES.length;
      const host = workload.hostNetwork === true;
      const index = host ? 0 : ++perNode[node];
      pods.push({
        namespace: workload.namespace,
        name: podName(workload, replica, revision, random),
        addresses: host
          ? []
          : [`10.128.${node * 2}.${index + 9}`, `fd00:10:128:${node + 1}::${(index + 9).toString(16)}`],
        node: NODES[node].name,
        workload: workload.name,
        workload_kind: workload.kind,
        labels: { 'app.kubernetes.io/name': workload.name, 'app.kubernetes.io/part-of': workload.namespace },
        host_network: host,
      });
    }
  }
  const services = WORKLOADS.filter((workload) => workload.servicePort !== undefined).map((workload, index) => ({
    namespace: workload.namespace,
    name: workload.name === 'coredns' ? 'kube-dns' : workload.name,
    cluster_ips: [serviceAddress(index)],
    load_balancer_ips: workload.loadBalancer ? ['203.0.113.80'] : [],
    ports: [{ port: workload.servicePort, protocol: workload.protocol ?? 'TCP' }],
  }));
  return parseInventory({
    cluster: 'demo',
    networks: { pods: ['10.128.0.0/16', 'fd00:10:128::/48'], services: ['172.30.0.0/16'], nodes: ['10.60.0.0/24'] },
    nodes: NODES.map(({ name, zone }, node) => ({
      name,
      // The exporters of the demo send from loopback: that address is the node's too.
      addresses: [nodeAddress(node), exporterAddress(node)],
      zone,
      region: 'demo-1',
      labels: { 'topology.kubernetes.io/zone': zone },
    })),
    pods,
    services,
    external: PARTNERS.map(({ name, network }) => ({ name, networks: [network] })),
  });
}

const serviceAddress = (index: number): string => `172.30.${index >> 3}.${(index & 7) * 24 + 10}`;

function podName(workload: Workload, replica: number, revision: string, random: Random): string {
  if (workload.kind === 'StatefulSet') return `${workload.name}-${replica}`;
  if (workload.kind === 'DaemonSet') return `${workload.name}-${random.suffix(5)}`;
  if (workload.kind === 'CronJob') return `${workload.name}-29384615-${random.suffix(5)}`;
  return `${workload.name}-${revision}-${random.suffix(5)}`;
}

/** The inventory as ends of traffic, by workload as `namespace/name`. */
export class Cluster {
  readonly inventory: Inventory;
  readonly nodes: readonly End[];
  readonly #pods = new Map<string, End[]>();
  readonly #services = new Map<string, End>();
  readonly #workloads = new Map<string, Workload>();
  readonly loadBalancer: End;
  /** An address of the pod network that the inventory does not have: a pod it was not told of. */
  readonly unlisted: End;
  readonly #partners = new Map<string, readonly End[]>();
  /** Where each customer network ends on a line from 0 to 1. */
  readonly #customerShares: readonly number[];

  constructor(seed: number) {
    this.inventory = demoInventory(seed);
    this.nodes = NODES.map((_, node) => end(nodeAddress(node), undefined, node, 0, UPLINK));
    const ports = new Array<number>(NODES.length).fill(UPLINK);
    for (const pod of this.inventory.pods) {
      const node = NODES.findIndex(({ name }) => name === pod.node);
      const name = `${pod.namespace}/${pod.workload}`;
      const made = pod.host_network
        ? this.nodes[node]
        : end(pod.addresses[0], pod.addresses[1], node, 0, ++ports[node]);
      const list = this.#pods.get(name) ?? [];
      list.push(made);
      this.#pods.set(name, list);
    }
    for (const workload of WORKLOADS) this.#workloads.set(`${workload.namespace}/${workload.name}`, workload);
    for (const service of this.inventory.services) {
      const name = service.name === 'kube-dns' ? 'coredns' : service.name;
      const at = { ...end(service.cluster_ips[0], undefined, -1, 0, 0), servicePort: service.ports[0].port };
      this.#services.set(`${service.namespace}/${name}`, at);
    }
    this.loadBalancer = end('203.0.113.80', undefined, -1, 0, 0);
    this.unlisted = end('10.128.9.250', undefined, 4, 0, 250);
    for (const { name, network, as } of PARTNERS) {
      const prefix = network.slice(0, network.lastIndexOf('.') + 1);
      this.#partners.set(
        name,
        [10, 11, 12, 13].map((host) => end(`${prefix}${host}`, undefined, -1, as, UPLINK)),
      );
    }
    const total = CUSTOMER_NETWORKS.reduce((sum, { weight }) => sum + weight, 0);
    let sum = 0;
    this.#customerShares = CUSTOMER_NETWORKS.map(({ weight }) => {
      sum += weight / total;
      return sum;
    });
  }

  /** Pods of a workload `namespace/name`. */
  pods(name: string): readonly End[] {
    const pods = this.#pods.get(name);
    if (pods === undefined) throw new Error(`the demo has no workload ${name}`);
    return pods;
  }

  allPods(): readonly End[] {
    return [...this.#pods.values()].flat().filter((pod) => pod.port !== UPLINK);
  }

  /** The cluster IP of a workload's Service. */
  service(name: string): End | undefined {
    return this.#services.get(name);
  }

  workload(name: string): Workload {
    const workload = this.#workloads.get(name);
    if (workload === undefined) throw new Error(`the demo has no workload ${name}`);
    return workload;
  }

  partner(name: (typeof PARTNERS)[number]['name'], random: Random): End {
    return random.pick(this.#partners.get(name) ?? []);
  }

  /** A customer: some network by its share, some address in it. */
  customer(random: Random): End {
    const at = random.next();
    let index = 0;
    while (this.#customerShares[index] < at && index < this.#customerShares.length - 1) index++;
    const { prefix, as } = CUSTOMER_NETWORKS[index];
    if (prefix.includes(':')) {
      const address = parseAddress(`${prefix}${random.below(0xffff).toString(16)}`);
      return { ipv4: address, ipv6: address, node: -1, as, port: UPLINK };
    }
    // Addresses near the bottom of a network come more often: regulars.
    return end(`${prefix}${1 + Math.floor(250 * random.next() ** 2)}`, undefined, -1, as, UPLINK);
  }
}

function end(ipv4: string, ipv6: string | undefined, node: number, as: number, port: number): End {
  return { ipv4: parseAddress(ipv4), ipv6: ipv6 === undefined ? undefined : parseAddress(ipv6), node, as, port };
}
