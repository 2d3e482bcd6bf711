// What hostile addresses may cost, and the tables against the plainest implementation there is.
import { FIELD, FlowBatch, formatAddress, getBigInt, inNetwork, type Network, parseNetwork } from '@weir/record';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { AddressTable } from './address-table.ts';
import { Enricher } from './enricher.ts';
import { inventoryEntities } from './entities.ts';
import { parseInventory } from './inventory.ts';
import { PrefixTable } from './prefix-table.ts';

const MAPPED = 0xffff0000;
/** Few values a word, so that equal and nearly equal addresses are common. */
const someWord = fc.constantFrom(0, 1, 0x0100000a, 0x0200000a, 0xffffffff, MAPPED);
const address = fc.oneof(
  someWord.map((w3) => Uint32Array.of(0, 0, MAPPED, w3)),
  fc.tuple(someWord, someWord, someWord, someWord).map((words) => Uint32Array.from(words)),
);

describe('an address table', () => {
  it('answers as a map does', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(address, fc.integer({ min: -1000, max: 1000 }))),
        fc.array(address),
        (sets, asks) => {
          const table = new AddressTable(sets.length, sets.length);
          const map = new Map<string, number>();
          for (const [words, value] of sets) {
            if (value === 0) continue;
            table.set(words, 0, value);
            map.set(words.join(), value);
          }
          for (const words of asks) expect(table.get(words, 0)).toBe(map.get(words.join()) ?? 0);
        },
      ),
    );
  });
});

describe('a prefix table', () => {
  it('finds the longest network, as looking at each of them does', () => {
    const network = fc.tuple(address, fc.integer({ min: 0, max: 128 })).map(([words, length]): Network => {
      const text = formatAddress(words) || '::';
      return parseNetwork(`${text}/${text.includes('.') ? length % 33 : length}`);
    });
    fc.assert(
      fc.property(fc.array(network), fc.array(address), (networks, asks) => {
        const table = new PrefixTable(networks.map((n, index) => ({ network: n, value: index + 1 })));
        for (const words of asks) {
          const v4 = words[0] === 0 && words[1] === 0 && words[2] === MAPPED;
          let best = 0;
          for (const [index, n] of networks.entries()) {
            // An IPv6 network such as ::/0 does not hold IPv4 addresses: those are another family.
            if (!inNetwork(n, words) || (v4 && n.prefix < 96)) continue;
            if (best === 0 || n.prefix > networks[best - 1].prefix) best = index + 1;
          }
          expect(table.get(words, 0)).toBe(best);
        }
      }),
    );
  });
});

describe('two million addresses that nobody has', () => {
  it('cost no more memory than the caps allow, and every flow still gets a key', () => {
    const enricher = new Enricher();
    enricher.load(parseInventory({ networks: { pods: ['10.0.0.0/8'] } }));
    const batch = new FlowBatch(10_000);
    const src = batch.use(FIELD.src_addr);
    const dst = batch.use(FIELD.dst_addr);
    for (let row = 0; row < 10_000; row++) {
      src[row * 4 + 2] = MAPPED;
      dst[row * 4 + 2] = MAPPED;
      dst[row * 4 + 3] = 0x0100000a;
    }
    batch.length = 10_000;
    let rows = 0;
    const before = process.memoryUsage().arrayBuffers;
    for (let round = 0; round < 200; round++) {
      for (let row = 0; row < 10_000; row++) src[row * 4 + 3] = ((round * 10_000 + row) << 8) | 10;
      enricher.enrich(batch, 0, 10_000);
      if (round % 20 === 19) {
        const drained = enricher.drainEntities().length;
        expect(drained).toBeLessThanOrEqual(16_384);
        rows += drained;
      }
    }
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(16 * 1024 * 1024);
    expect(rows).toBe(16_384 * 10);
    expect(enricher.unresolvedDeferred).toBeGreaterThan(1_800_000);
    expect(getBigInt(batch.use(FIELD.src_entity), 9_999)).not.toBe(0n);
  });
});

describe('an enriched batch of many flows', () => {
  it('names every end as a map of the inventory does', () => {
    const pods = Array.from({ length: 3000 }, (_, index) => ({
      namespace: `ns${index % 7}`,
      name: `pod-${index}`,
      addresses: [`10.${128 + (index % 4)}.${index >> 8}.${index & 255}`, `fd00::${index.toString(16)}`],
      node: `node-${index % 9}`,
    }));
    const inventory = parseInventory({ cluster: 'c', pods });
    const keys = new Map<string, string>();
    for (const row of inventoryEntities(inventory, 1)) for (const text of row.addresses) keys.set(text, row.key);
    const enricher = new Enricher();
    enricher.load(inventory);
    const batch = new FlowBatch(20_000);
    const src = batch.use(FIELD.src_addr);
    let seed = 1;
    for (let row = 0; row < 20_000; row++) {
      seed = (Math.imul(seed, 1103515245) + 12345) >>> 0;
      const low = seed % 4000;
      if (row % 2 === 0)
        src.set([0, 0, MAPPED, 10 | ((128 + (low % 4)) << 8) | ((low >> 8) << 16) | (low << 24)], row * 4);
      else src.set([0xfd, 0, 0, ((low & 255) << 24) | ((low >> 8) << 16)], row * 4);
    }
    batch.length = 20_000;
    enricher.enrich(batch, 0, 20_000);
    let named = 0;
    for (let row = 0; row < 20_000; row++) {
      const key = getBigInt(batch.use(FIELD.src_entity), row).toString();
      const expected = keys.get(formatAddress(src, row * 4)) ?? '0';
      if (key !== expected) expect(`${formatAddress(src, row * 4)} ${key}`).toBe(expected);
      if (key !== '0') named++;
    }
    expect(named).toBeGreaterThan(14_000);
  });
});
