// Whether the books are right: what was sent against what the ledger says and what is in the store, exporter by exporter.
import type { LedgerAnswer } from '@weir/query';
import { FLOWS_PER_DATAGRAM, type Sent } from './sender.ts';

export interface Seen {
  readonly sent: Sent;
  readonly ledger: LedgerAnswer;
  /** Flows in the store, by address. */
  readonly stored: ReadonlyMap<string, number>;
}

export interface Allowed {
  /** Accounts in which flows may end besides the store: what the attack takes away. */
  readonly accounts: readonly string[];
  /** Datagrams may be dropped by the kernel, or sent while no socket was open. */
  readonly unseen?: boolean;
}

type Counts = Readonly<Record<string, number>>;
const count = (counts: Counts, name: string): number => counts[name] ?? 0;

/** Accounts of flows that were received and did not get to the store. */
const LOSSES = [
  'flows_spool_failed',
  'flows_lost_with_process',
  'flows_spool_cap',
  'flows_spool_corrupt',
  'flows_spool_missing',
  'flows_store_damaged',
] as const;

/** What is wrong, one sentence each; nothing when all of it adds up. */
export function wrongs({ sent, ledger, stored }: Seen, { accounts, unseen = false }: Allowed): string[] {
  const wrong: string[] = [];
  const say = (text: string) => wrong.push(text);
  for (const { address, key, differences, counts, sinks } of ledger.exporters) {
    for (const [sink, { flows_offered = 0 }] of Object.entries(sinks)) {
      const spooled = count(counts, 'flows_spooled');
      if (flows_offered !== spooled)
        say(`of ${spooled} flows of ${address || key} ${sink} was offered ${flows_offered}`);
    }
    for (const [index, difference] of differences.entries()) {
      const { total, consumer } = ledger.balances[index];
      if (difference !== 0) say(`the balance of ${total} ${consumer} of ${address || key} is off by ${difference}`);
    }
  }
  let received = 0;
  for (const [address, datagrams] of Object.entries(sent.datagrams)) {
    const counts = ledger.exporters.find((one) => one.address === address)?.counts ?? {};
    received += count(counts, 'datagrams_received');
    if (!unseen && count(counts, 'datagrams_received') !== datagrams) {
      say(`of ${datagrams} datagrams of ${address} ${count(counts, 'datagrams_received')} were received`);
    }
    const flows = count(counts, 'flows_received');
    if (flows !== count(counts, 'datagrams_decoded') * FLOWS_PER_DATAGRAM) {
      say(`${address}: ${count(counts, 'datagrams_decoded')} datagrams decoded, and ${flows} flows`);
    }
    const inStore = stored.get(address) ?? 0;
    const should = count(counts, 'flows_stored') - count(counts, 'flows_store_damaged');
    if (inStore !== should) say(`${address}: ${should} flows should be in the store, and ${inStore} are`);
    for (const name of LOSSES) {
      const lost = count(counts, name);
      if (lost !== 0 && !accounts.includes(name)) say(`${address}: ${lost} under ${name}`);
    }
  }
  const dropped = count(ledger.total, 'kernel_dropped');
  const all = Object.values(sent.datagrams).reduce((sum, datagrams) => sum + datagrams, 0);
  if (unseen ? received + dropped > all : dropped !== 0) {
    say(`of ${all} datagrams ${received} were received and ${dropped} dropped by the kernel`);
  }
  return wrong;
}
