// Which node speaks which protocol, sampling how, and what is wrong with it.
import { type Cluster, NODES, UPLINK } from './cluster.ts';
import type { Random } from './random.ts';
import type { Interface, Speaker } from './speaker.ts';
import { IpfixSpeaker } from './speakers/ipfix.ts';
import { Netflow5Speaker } from './speakers/netflow5.ts';
import { Netflow9Speaker } from './speakers/netflow9.ts';
import { SflowSpeaker } from './speakers/sflow.ts';
import type { TrueFlow } from './traffic.ts';

/** How long the careless exporter sends data before it sends the template for it, in milliseconds. */
const TEMPLATE_DELAY_MS = 5000;
/** Share of its datagrams that the lossy exporter loses. */
const LOSS = 0.03;

export class Member {
  readonly node: number;
  readonly speakers: readonly Speaker[];
  readonly loss: number;
  readonly #speakerOf: (flow: TrueFlow) => Speaker;

  constructor(node: number, speakers: readonly Speaker[], loss: number, speakerOf: (flow: TrueFlow) => Speaker) {
    this.node = node;
    this.speakers = speakers;
    this.loss = loss;
    this.#speakerOf = speakerOf;
  }

  /** A flow is metered once, by one of the node's protocols: nothing is counted twice. */
  take(flow: TrueFlow): void {
    this.#speakerOf(flow).take(flow);
  }
}

/** The exporters of the nodes, in the nodes' order. `start` is when they start, in milliseconds since 1970. */
export function makeFleet(cluster: Cluster, random: Random, start: number): Member[] {
  const one = (node: number, speaker: Speaker) => new Member(node, [speaker], 0, () => speaker);
  const interfaces = (node: number) => interfacesOf(cluster, node);
  const ipfixInside = new IpfixSpeaker({ rate: 10, domain: 5, interfaces: interfaces(4), random });
  const sflowUplink = new SflowSpeaker({ node: 4, rate: 512, interfaces: interfaces(4), random, start });
  const v9Inside = new Netflow9Speaker({ rate: 100, domain: 6, random, start });
  const v5Uplink = new Netflow5Speaker({ engine: 6, random, start });
  return [
    one(0, new Netflow5Speaker({ engine: 1, random, start })),
    one(1, new Netflow9Speaker({ rate: 100, domain: 2, random, start, firstTemplate: start + TEMPLATE_DELAY_MS })),
    one(2, new IpfixSpeaker({ rate: 10, domain: 3, interfaces: interfaces(2), random })),
    one(3, new SflowSpeaker({ node: 3, rate: 512, interfaces: interfaces(3), random, start })),
    // Two protocols: one for what stays in the cluster, one for what crosses its edge.
    new Member(4, [ipfixInside, sflowUplink], 0, (flow) => (flow.crossing ? sflowUplink : ipfixInside)),
    new Member(5, [v9Inside, v5Uplink], LOSS, (flow) => (flow.crossing && !flow.v6 ? v5Uplink : v9Inside)),
  ];
}

function interfacesOf(cluster: Cluster, node: number): Interface[] {
  const pods = cluster.inventory.pods.filter((pod) => pod.node === NODES[node].name && !pod.host_network);
  return [
    { ifIndex: UPLINK, name: 'eth0', alias: 'uplink', speed: 10_000_000_000 },
    ...pods.map((pod, index) => ({
      ifIndex: UPLINK + 1 + index,
      name: `veth${(index + 0x1a2b).toString(16)}`,
      alias: `${pod.namespace}/${pod.name}`,
      speed: 10_000_000_000,
    })),
  ];
}
