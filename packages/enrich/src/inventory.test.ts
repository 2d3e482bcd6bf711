import { FAR_FUTURE } from '@weir/record';
import { describe, expect, it } from 'vitest';
import { exporterNode, inventoryEntities } from './entities.ts';
import { InventoryError } from './errors.ts';
import { inventoryJsonSchema, parseInventory } from './inventory.ts';

function mistakes(value: unknown): readonly string[] {
  try {
    parseInventory(value);
  } catch (error) {
    if (error instanceof InventoryError) return error.mistakes;
    throw error;
  }
  return [];
}

const pod = (name: string, more: object = {}) => ({ namespace: 'shop', name, ...more });

describe('an inventory', () => {
  it('may be empty', () => {
    expect(parseInventory(null).pods).toEqual([]);
    expect(parseInventory({}).cluster).toBe('');
  });

  it('names the path and the nearest known name of an unknown key', () => {
    expect(mistakes({ pods: [pod('a', { adresses: ['10.0.0.1'] })] })).toEqual([
      'pods[0].adresses: unknown name "adresses"; did you mean "addresses"?',
    ]);
    expect(mistakes({ services: [{ namespace: 'a', name: 'b', clusterIPs: [] }], cluter: 'x' })).toEqual([
      'services[0].clusterIPs: unknown name "clusterIPs"; did you mean "cluster_ips"?',
      'cluter: unknown name "cluter"; did you mean "cluster"?',
    ]);
    expect(mistakes({ nodes: [{ name: 'n', rack: '3' }] })).toEqual([
      'nodes[0].rack: unknown name "rack"; known are name, addresses, zone, region, labels, valid_from, valid_to',
    ]);
  });

  it('gives one message for each mistake', () => {
    expect(
      mistakes({
        networks: { pods: ['10.128.0.0/40'] },
        nodes: [{ name: '', addresses: ['10.0.0.300'] }],
        services: [{ namespace: 'a', name: 'b', ports: [{ port: 0, protocol: 'tcp' }] }],
      }),
    ).toEqual([
      'networks.pods[0]: not a network such as 10.128.0.0/14 or 2001:db8::/32',
      'nodes[0].name: must not be empty',
      'nodes[0].addresses[0]: not an IPv4 or IPv6 address',
      'services[0].ports[0].port: Too small: expected number to be >=1',
    ]);
  });

  it('refuses an address that two have at the same time, however it is written', () => {
    expect(
      mistakes({
        nodes: [{ name: 'n', addresses: ['2001:db8::1'] }],
        pods: [pod('a', { addresses: ['2001:DB8:0::1'] })],
      }),
    ).toEqual(["pods[0].addresses[0]: 2001:db8::1 is already node n's (nodes[0].addresses[0])"]);
  });

  it('takes one address for two when one came after the other', () => {
    const inventory = {
      pods: [
        pod('a', { addresses: ['10.0.0.1'], valid_to: '2026-01-01T00:00:00Z' }),
        pod('b', { addresses: ['10.0.0.1'], valid_from: '2026-01-01T00:00:00Z' }),
      ],
    };
    expect(mistakes(inventory)).toEqual([]);
  });

  it('takes a pod on the host network beside its node', () => {
    const inventory = {
      nodes: [{ name: 'n', addresses: ['10.0.0.1'] }],
      pods: [pod('a', { addresses: ['10.0.0.1'], node: 'n', host_network: true })],
    };
    expect(mistakes(inventory)).toEqual([]);
  });

  it('refuses a name twice, a node that is not there and an interval that ends before it begins', () => {
    expect(
      mistakes({
        nodes: [{ name: 'node-a' }],
        pods: [pod('a', { node: 'node-b' }), pod('a', { valid_from: 2000, valid_to: 1000 })],
      }),
    ).toEqual([
      'pods[0].node: there is no node "node-b"; did you mean "node-a"?',
      'pods[1]: pod shop/a is already pods[0]; give each its `uid` if one came after the other',
      'pods[1].valid_to: is not after valid_from',
    ]);
  });

  it('shows no more mistakes than a person reads', () => {
    const many = mistakes({ pods: Array.from({ length: 60 }, () => pod('a', { x: 1 })) });
    expect(many).toHaveLength(51);
    expect(many[50]).toBe('and 10 more mistakes');
  });

  it('has a JSON Schema', () => {
    expect(inventoryJsonSchema()).toMatchObject({ type: 'object', additionalProperties: false });
  });
});

describe('the entities of an inventory', () => {
  const inventory = parseInventory({
    cluster: 'prod',
    nodes: [{ name: 'n1', addresses: ['10.0.0.1'], zone: 'z1', region: 'r1' }],
    pods: [
      pod('web-1', {
        addresses: ['10.128.0.5'],
        node: 'n1',
        workload: 'web',
        workload_kind: 'Deployment',
        labels: { app: 'web' },
      }),
      pod('agent', { node: 'n1', host_network: true }),
    ],
    services: [{ namespace: 'shop', name: 'web', cluster_ips: ['172.30.0.5'], load_balancer_ips: ['192.0.2.5'] }],
    external: [{ name: 'office', networks: ['198.51.100.0/24'] }],
  });

  it('are rows with place, labels and addresses', () => {
    const rows = inventoryEntities(inventory, 1_700_000_000_000);
    expect(rows.map((row) => `${row.kind} ${row.namespace}/${row.name} ${row.addresses.join(' ')}`)).toEqual([
      'node /n1 10.0.0.1',
      'pod shop/web-1 10.128.0.5',
      'pod shop/agent 10.0.0.1',
      'service shop/web 172.30.0.5',
      'loadbalancer shop/web 192.0.2.5',
      'external /office 198.51.100.0/24',
    ]);
    expect(rows[1]).toMatchObject({
      cluster: 'prod',
      workload: 'web',
      workload_kind: 'Deployment',
      node: 'n1',
      zone: 'z1',
      region: 'r1',
      labels: { app: 'web' },
      valid_from: 0,
      valid_to: FAR_FUTURE,
      resolved: 1,
      version: '1700000000000',
    });
    expect(new Set(rows.map((row) => row.key)).size).toBe(6);
  });

  it('tell which node an exporter runs on', () => {
    expect(exporterNode(inventory, '10.0.0.1')).toBe('n1');
    expect(exporterNode(inventory, '10.128.0.5')).toBe('n1');
    expect(exporterNode(inventory, '10.128.0.6')).toBe('');
  });
});
