// The truth: flows between the ends of the cluster as they would be counted without sampling. Each goes to the one node that
// would see it first: the source's, or the destination's for what comes from outside.
import { END_REASON, IPV4_MAPPED_WORD } from '@weir/record';
import { type Cluster, type End, UPLINK } from './cluster.ts';
import type { Random } from './random.ts';
import { type Party, ROUTES, type Route } from './routes.ts';

export const TCP = 6;
export const UDP = 17;
export const FIN = 0x01;
export const SYN = 0x02;
export const RST = 0x04;
export const PSH = 0x08;
export const ACK = 0x10;

/** Bytes of payload in a full packet, and of IP and TCP headers in each. */
const SEGMENT = 1400;
const HEADERS = 52;

/** A flow in one direction. The object is used again for the next: take from it what is needed. */
export interface TrueFlow {
  /** Node that reports it. */
  node: number;
  src: Uint32Array;
  dst: Uint32Array;
  srcPort: number;
  dstPort: number;
  proto: number;
  flags: number;
  bytes: number;
  packets: number;
  /** Milliseconds since 1970. */
  start: number;
  end: number;
  inIf: number;
  outIf: number;
  srcAs: number;
  dstAs: number;
  dscp: number;
  endReason: number;
  /** A policy dropped all of it. */
  denied: boolean;
  /** It leaves or enters the cluster. */
  crossing: boolean;
  v6: boolean;
  /** From the end that opened the connection. */
  fromClient: boolean;
}

/** What a conversation is, besides its ends. */
export interface Conversation {
  readonly proto: number;
  readonly port: number;
  readonly sourcePort?: number;
  readonly request: number;
  readonly response: number;
  readonly durationMs: number;
  /** A connection that stays: the report is of what went over it since the last. */
  readonly pooled?: boolean;
}

export class Traffic {
  readonly #cluster: Cluster;
  readonly random: Random;
  readonly #emit: (flow: TrueFlow) => void;
  readonly #flow: TrueFlow;

  constructor(cluster: Cluster, random: Random, emit: (flow: TrueFlow) => void) {
    this.#cluster = cluster;
    this.random = random;
    this.#emit = emit;
    const none = new Uint32Array(4);
    this.#flow = {
      ...{ node: 0, src: none, dst: none, srcPort: 0, dstPort: 0, proto: 0, flags: 0, bytes: 0, packets: 0 },
      ...{ start: 0, end: 0, inIf: 0, outIf: 0, srcAs: 0, dstAs: 0, dscp: 0, endReason: 0 },
      ...{ denied: false, crossing: false, v6: false, fromClient: true },
    };
  }

  /** The traffic of `elapsedMs` up to `now` (milliseconds since 1970), `rate` times as much as a small cluster has. */
  step(now: number, elapsedMs: number, rate: number): void {
    const share = (elapsedMs / 1000) * rate * dayRhythm(now);
    for (const route of ROUTES) {
      const count = this.random.poisson(route.perSecond * share);
      for (let n = 0; n < count; n++) this.#converse(route, now);
    }
  }

  #converse(route: Route, now: number): void {
    const { random } = this;
    const client = this.#party(route.from);
    const server = this.#party(route.to);
    const port = route.port ?? this.#cluster.workload(route.to).port;
    const conversation: Conversation = {
      proto: route.udp ? UDP : TCP,
      port,
      request: random.around(route.request, 0.8),
      response: random.around(route.response, route.spread ?? 1),
      durationMs: route.pooled ? 15_000 : Math.min(60_000, random.exponential(route.durationMs ?? 200)),
      // A pool holds a few connections between the same two, so their ports come again.
      ...(route.pooled ? { sourcePort: 33_000 + client.port * 64 + random.below(4), pooled: true } : {}),
    };
    // Four in a hundred ask again: the first try got no answer.
    if (!route.udp && !route.pooled && random.chance(0.04)) this.attempt(client, server, port, now, false);
    // Some exporters see the packet before the Service's address becomes a pod's.
    const service = this.#cluster.service(route.to);
    const through =
      service !== undefined && route.port === undefined && client.node >= 0 && random.chance(0.35)
        ? service
        : undefined;
    const front = route.to === 'ingress-nginx/controller' && client.node < 0 && random.chance(0.4);
    this.converse(client, server, conversation, now, front ? this.#cluster.loadBalancer : through);
  }

  #party(name: Party): End {
    if (name === 'customer') return this.#cluster.customer(this.random);
    if (name === 'node') return this.random.pick(this.#cluster.nodes);
    if (name.startsWith('outside:'))
      return this.#cluster.partner(name.slice(8) as Parameters<Cluster['partner']>[0], this.random);
    return this.random.pick(this.#cluster.pods(name));
  }

  /** Both directions of a conversation. `through` is the address that the client used, when it was not the server's own. */
  converse(client: End, server: End, what: Conversation, now: number, through?: End): void {
    const { random } = this;
    const clientPort = what.sourcePort ?? 32_768 + random.below(28_000);
    const tcp = what.proto === TCP;
    const open = tcp && !what.pooled ? 4 : 0;
    const requestPackets =
      Math.ceil(what.request / SEGMENT) + open + (tcp ? Math.ceil(what.response / SEGMENT / 2) : 0);
    const responsePackets =
      Math.ceil(what.response / SEGMENT) + open + (tcp ? Math.ceil(what.request / SEGMENT / 2) : 0);
    const flags = !tcp ? 0 : what.pooled ? PSH | ACK : FIN | SYN | PSH | ACK;
    const v6 =
      through === undefined &&
      client.ipv6 !== undefined &&
      server.ipv6 !== undefined &&
      (client.node < 0 || random.chance(0.06));
    const port = through?.servicePort ?? what.port;
    this.#report(
      client,
      through ?? server,
      server,
      clientPort,
      port,
      what,
      flags,
      what.request,
      requestPackets,
      now,
      v6,
    );
    if (what.response > 0) {
      this.#report(server, client, client, what.port, clientPort, what, flags, what.response, responsePackets, now, v6);
    }
  }

  /** An opening that is not answered (or, `denied`, that a policy drops): one to three SYN packets. */
  attempt(client: End, server: End, port: number, now: number, denied: boolean): void {
    const what = { proto: TCP, port, request: 0, response: 0, durationMs: denied ? 3000 : 1000 };
    const packets = denied ? 3 : 1;
    this.#report(
      client,
      server,
      server,
      32_768 + this.random.below(28_000),
      port,
      what,
      SYN,
      0,
      packets,
      now,
      false,
      denied,
    );
  }

  #report(
    from: End,
    to: End,
    seenAt: End,
    srcPort: number,
    dstPort: number,
    what: Conversation,
    flags: number,
    payload: number,
    packets: number,
    now: number,
    v6: boolean,
    denied = false,
  ): void {
    const flow = this.#flow;
    flow.node = from.node >= 0 ? from.node : seenAt.node;
    if (flow.node < 0) return;
    flow.src = v6 && from.ipv6 !== undefined ? from.ipv6 : from.ipv4;
    flow.dst = v6 && to.ipv6 !== undefined ? to.ipv6 : to.ipv4;
    flow.srcPort = srcPort;
    flow.dstPort = dstPort;
    flow.proto = what.proto;
    flow.flags = flags;
    flow.packets = Math.max(1, packets);
    flow.bytes = Math.round(payload) + flow.packets * (what.proto === TCP ? HEADERS : 28);
    flow.end = now - this.random.below(100);
    flow.start = flow.end - Math.round(what.durationMs);
    flow.inIf = from.node >= 0 ? from.port : UPLINK;
    flow.outIf = denied ? 0 : seenAt.node === flow.node ? seenAt.port : UPLINK;
    flow.srcAs = from.as;
    flow.dstAs = to.as;
    flow.dscp = what.pooled ? 10 : 0;
    flow.endReason = what.pooled
      ? END_REASON.active_timeout
      : flags & FIN
        ? END_REASON.end_of_flow
        : END_REASON.idle_timeout;
    flow.denied = denied;
    flow.fromClient = dstPort === what.port || seenAt !== to;
    flow.v6 = flow.src[2] !== IPV4_MAPPED_WORD;
    flow.crossing = from.node < 0 || seenAt.node < 0;
    this.#emit(flow);
  }
}

/** How busy the cluster is: least at three in the morning, most at three in the afternoon (UTC). */
export function dayRhythm(now: number): number {
  const hour = (now / 3_600_000) % 24;
  return 0.7 + 0.3 * Math.sin(((hour - 9) / 24) * 2 * Math.PI);
}
