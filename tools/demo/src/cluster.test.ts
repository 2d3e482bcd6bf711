import { formatAddress } from '@weir/record';
import { describe, expect, it } from 'vitest';
import { Cluster, demoInventory, NODES } from './cluster.ts';
import { Random } from './random.ts';

describe('the inventory of the demo', () => {
  const inventory = demoInventory(1);

  it('is a small cluster', () => {
    expect(inventory.nodes).toHaveLength(6);
    expect(new Set(inventory.nodes.map((node) => node.zone)).size).toBe(3);
    expect(inventory.pods.length).toBeGreaterThan(100);
    expect(inventory.pods.length).toBeLessThan(130);
    expect(new Set(inventory.pods.map((pod) => pod.namespace)).size).toBe(9);
    expect(inventory.services.length).toBeGreaterThan(20);
  });

  it('is the same for the same seed and has other names for another', () => {
    expect(demoInventory(1)).toEqual(inventory);
    expect(demoInventory(2).pods.map((pod) => pod.name)).not.toEqual(inventory.pods.map((pod) => pod.name));
  });

  it('can be written as YAML or JSON and read again', () => {
    expect(JSON.parse(JSON.stringify(inventory))).toEqual(inventory);
  });
});

describe('the ends of the demo', () => {
  const cluster = new Cluster(1);

  it('are on the nodes that the inventory says', () => {
    const pod = cluster.inventory.pods.find((one) => one.workload === 'orders');
    const end = cluster.pods('shop/orders')[0];
    expect(formatAddress(end.ipv4)).toBe(pod?.addresses[0]);
    expect(NODES[end.node].name).toBe(pod?.node);
  });

  it('outside have only addresses set aside for documentation and benchmarks', () => {
    const random = new Random(7);
    const texts = Array.from({ length: 2000 }, () => formatAddress(cluster.customer(random).ipv4));
    const setAside = /^(198\.1[89]\.|192\.0\.2\.|198\.51\.100\.|203\.0\.113\.|2001:db8:)/;
    expect(texts.filter((text) => !setAside.test(text))).toEqual([]);
    expect(texts.some((text) => text.includes(':'))).toBe(true);
    expect(new Set(texts).size).toBeGreaterThan(700);
  });

  it('include an address that the inventory does not have', () => {
    const known = cluster.inventory.pods.flatMap((pod) => pod.addresses);
    expect(known).not.toContain(formatAddress(cluster.unlisted.ipv4));
  });
});
