// Entities: the rows of the dimension that flows' src_entity, dst_entity and service name.
import { type EntityRow, entityKey, FAR_FUTURE, formatAddress, type Key, keyText, parseAddress } from '@weir/record';
import type { Inventory } from './inventory.ts';

/** Kinds of entities, as the `kind` attribute spells them. */
export const ENTITY_KINDS = ['pod', 'node', 'service', 'loadbalancer', 'external', 'unresolved'] as const;
export type EntityKind = (typeof ENTITY_KINDS)[number];

/** One entity of an inventory, with the addresses by which flows are matched to it. */
export interface Entity {
  readonly key: Key;
  readonly kind: EntityKind;
  readonly namespace: string;
  readonly name: string;
  readonly workload: string;
  readonly workloadKind: string;
  /** Node it is or runs on, or ''. */
  readonly node: string;
  readonly zone: string;
  readonly region: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly addresses: readonly string[];
  /** Whether its addresses name it. Not so for pods on the host network, whose addresses are the node's. */
  readonly addressable: boolean;
  /** Networks that name it, for external ones. */
  readonly networks: readonly string[];
  /** Milliseconds since 1970; 0 and FAR_FUTURE when it is valid always. */
  readonly validFrom: number;
  readonly validTo: number;
  /** Index of the service it stands for: itself or the one whose load balancer it is. */
  readonly service: number;
}

/** Entities of an inventory: nodes, pods, services (with a load balancer each that has such addresses), external networks. */
export function listEntities(inventory: Inventory): Entity[] {
  const { cluster } = inventory;
  const entities: Entity[] = [];
  const places = new Map(inventory.nodes.map((node) => [node.name, node]));
  const blank = {
    namespace: '',
    workload: '',
    workloadKind: '',
    node: '',
    zone: '',
    region: '',
    addresses: [],
    addressable: true,
    networks: [],
    validFrom: 0,
    validTo: FAR_FUTURE,
    service: -1,
  } satisfies Partial<Entity>;

  for (const node of inventory.nodes) {
    entities.push({
      ...blank,
      ...interval(node),
      key: entityKey(cluster, 'node', '', node.name),
      kind: 'node',
      name: node.name,
      node: node.name,
      zone: node.zone,
      region: node.region,
      labels: node.labels,
      addresses: node.addresses,
    });
  }
  for (const pod of inventory.pods) {
    const place = places.get(pod.node);
    entities.push({
      ...blank,
      ...interval(pod),
      key: entityKey(cluster, 'pod', pod.namespace, pod.name, pod.uid),
      kind: 'pod',
      namespace: pod.namespace,
      name: pod.name,
      workload: pod.workload,
      workloadKind: pod.workload_kind,
      node: pod.node,
      zone: place?.zone ?? '',
      region: place?.region ?? '',
      labels: pod.labels,
      addresses: pod.addresses.length === 0 && pod.host_network ? (place?.addresses ?? []) : pod.addresses,
      addressable: !pod.host_network,
    });
  }
  for (const service of inventory.services) {
    const index = entities.length;
    const named = { namespace: service.namespace, name: service.name, labels: service.labels, service: index };
    entities.push({
      ...blank,
      ...interval(service),
      ...named,
      key: entityKey(cluster, 'service', service.namespace, service.name),
      kind: 'service',
      addresses: service.cluster_ips,
    });
    const outside = [...service.external_ips, ...service.load_balancer_ips];
    if (outside.length === 0) continue;
    entities.push({
      ...blank,
      ...interval(service),
      ...named,
      key: entityKey(cluster, 'loadbalancer', service.namespace, service.name),
      kind: 'loadbalancer',
      addresses: outside,
    });
  }
  for (const external of inventory.external) {
    entities.push({
      ...blank,
      key: entityKey(cluster, 'external', '', external.name),
      kind: 'external',
      name: external.name,
      labels: external.labels,
      addressable: false,
      networks: external.networks,
    });
  }
  return entities;
}

function interval(of: { valid_from?: number | undefined; valid_to?: number | undefined }) {
  return { validFrom: of.valid_from ?? 0, validTo: of.valid_to ?? FAR_FUTURE };
}

/** Rows of the entities dimension for an inventory. `nowMs` becomes their version: the newest row of a key stands. */
export function inventoryEntities(inventory: Inventory, nowMs: number): EntityRow[] {
  return listEntities(inventory).map((entity) => entityRow(inventory.cluster, entity, nowMs));
}

/** The row of one entity, under its own key or another that turned out to mean it. */
export function entityRow(cluster: string, entity: Entity, nowMs: number, key = entity.key): EntityRow {
  return {
    key: keyText(key),
    kind: entity.kind,
    cluster,
    namespace: entity.namespace,
    name: entity.name,
    workload: entity.workload,
    workload_kind: entity.workloadKind,
    node: entity.node,
    zone: entity.zone,
    region: entity.region,
    network: '',
    labels: entity.labels,
    annotations: {},
    addresses: [...entity.addresses.map((text) => formatAddress(parseAddress(text))), ...entity.networks],
    valid_from: entity.validFrom,
    valid_to: entity.validTo,
    resolved: 1,
    version: String(Math.trunc(nowMs)),
  };
}

/** The row of an address of the cluster that no entity has yet. Version 0: whatever is learnt later stands. */
export function unresolvedRow(cluster: string, key: Key, address: string): EntityRow {
  return {
    key: keyText(key),
    kind: 'unresolved',
    cluster,
    namespace: '',
    name: address,
    workload: '',
    workload_kind: '',
    node: '',
    zone: '',
    region: '',
    network: '',
    labels: {},
    annotations: {},
    addresses: [address],
    valid_from: 0,
    valid_to: FAR_FUTURE,
    resolved: 0,
    version: '0',
  };
}

/** Nodes by address, made once an inventory. */
const nodesByAddress = new WeakMap<Inventory, ReadonlyMap<string, string>>();

/**
 * The node an exporter runs on, by its address in text: the node whose address it is, or the node of the pod whose address it is.
 * '' when the inventory does not know it. For ExporterRow's `node`.
 */
export function exporterNode(inventory: Inventory, address: string): string {
  let nodes = nodesByAddress.get(inventory);
  if (nodes === undefined) {
    nodes = new Map(
      listEntities(inventory)
        .filter((entity) => entity.node !== '' && entity.addressable)
        .flatMap((entity) => entity.addresses.map((text) => [formatAddress(parseAddress(text)), entity.node] as const)),
    );
    nodesByAddress.set(inventory, nodes);
  }
  return nodes.get(address) ?? '';
}
