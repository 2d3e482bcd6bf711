// What one part of an inventory says against another: the same name twice, one address for two, a node that is not there.
import { FAR_FUTURE, formatAddress, nearest, parseAddress } from '@weir/record';
import type { Inventory } from './inventory.ts';

interface Claim {
  readonly path: string;
  readonly who: string;
  readonly from: number;
  readonly to: number;
}

interface Validity {
  readonly valid_from?: number | undefined;
  readonly valid_to?: number | undefined;
}

/** Mistakes, one line each, in the order of the file. */
export function inventoryMistakes(inventory: Inventory): string[] {
  const mistakes: string[] = [];
  const names = new Map<string, string>();
  const claims = new Map<string, Claim[]>();

  const takeName = (path: string, who: string, uid = '') => {
    const id = `${who} ${uid}`;
    const other = names.get(id);
    if (other !== undefined) {
      const hint = who.startsWith('pod ') ? '; give each its `uid` if one came after the other' : '';
      mistakes.push(`${path}: ${who} is already ${other}${hint}`);
    } else names.set(id, path);
  };
  const takeInterval = (path: string, { valid_from = 0, valid_to = FAR_FUTURE }: Validity) => {
    if (valid_to <= valid_from) mistakes.push(`${path}.valid_to: is not after valid_from`);
  };
  const takeAddresses = (path: string, who: string, addresses: readonly string[], validity: Validity) => {
    const from = validity.valid_from ?? 0;
    const to = validity.valid_to ?? FAR_FUTURE;
    for (const [index, text] of addresses.entries()) {
      const address = formatAddress(parseAddress(text));
      const at = `${path}[${index}]`;
      const known = claims.get(address) ?? [];
      const other = known.find((claim) => claim.from < to && from < claim.to);
      if (address === '') mistakes.push(`${at}: the unspecified address is nobody's`);
      else if (other !== undefined) mistakes.push(`${at}: ${address} is already ${other.who}'s (${other.path})`);
      known.push({ path: at, who, from, to });
      claims.set(address, known);
    }
  };

  for (const [index, node] of inventory.nodes.entries()) {
    takeName(`nodes[${index}]`, `node ${node.name}`);
    takeInterval(`nodes[${index}]`, node);
    takeAddresses(`nodes[${index}].addresses`, `node ${node.name}`, node.addresses, node);
  }
  const nodes = new Set(inventory.nodes.map((node) => node.name));
  for (const [index, pod] of inventory.pods.entries()) {
    const who = `pod ${pod.namespace}/${pod.name}`;
    takeName(`pods[${index}]`, who, pod.uid);
    takeInterval(`pods[${index}]`, pod);
    if (!pod.host_network) takeAddresses(`pods[${index}].addresses`, who, pod.addresses, pod);
    // An inventory without nodes may still say where its pods run.
    if (pod.node !== '' && nodes.size > 0 && !nodes.has(pod.node)) {
      const near = nearest(pod.node, nodes);
      const hint = near === undefined ? '' : `; did you mean "${near}"?`;
      mistakes.push(`pods[${index}].node: there is no node "${pod.node}"${hint}`);
    }
  }
  for (const [index, service] of inventory.services.entries()) {
    const path = `services[${index}]`;
    const who = `service ${service.namespace}/${service.name}`;
    takeName(path, who);
    takeInterval(path, service);
    takeAddresses(`${path}.cluster_ips`, who, service.cluster_ips, service);
    takeAddresses(`${path}.external_ips`, who, service.external_ips, service);
    takeAddresses(`${path}.load_balancer_ips`, who, service.load_balancer_ips, service);
    for (const [at, port] of service.ports.entries()) {
      takeName(`${path}.ports[${at}]`, `port ${port.port}/${port.protocol} of ${who}`);
      if (port.node_port !== undefined) {
        takeName(`${path}.ports[${at}].node_port`, `node port ${port.node_port}/${port.protocol}`);
      }
    }
  }
  for (const [index, external] of inventory.external.entries()) {
    takeName(`external[${index}]`, `external network ${external.name}`);
  }
  return mistakes;
}
