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
  /** Balances and what was received may be off by as much in all: accounts themselves are lost. */
  readonly off?: number;
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
  'flows_expired',
] as const;
/** Taken from the store again after they were stored. */
const TAKEN = ['flows_store_damaged', 'flows_expired'] as const;
/** Key of what cannot be given to an exporter. */
const NOBODYS = '0';

/** What is wrong, one sentence each; nothing when all of it adds up. */
export function wrongs({ sent, ledger, stored }: Seen, { accounts, unseen = false, off = 0 }: Allowed): string[] {
  const wrong: string[] = [];
  const say = (text: string) => wrong.push(text);
  let offs = 0;
  for (const { address, key, differences, counts, sinks } of ledger.exporters) {
    for (const [sink, { flows_offered = 0 }] of Object.entries(sinks)) {
      const spooled = count(counts, 'flows_spooled');
      if (flows_offered !== spooled)
        say(`of ${spooled} flows of ${address || key} ${sink} was offered ${flows_offered}`);
    }
    for (const [index, difference] of differences.entries()) {
      const { total, consumer } = ledger.balances[index];
      offs += Math.abs(difference);
      if (difference !== 0 && off === 0)
        say(`the balance of ${total} ${consumer} of ${address || key} is off by ${difference}`);
    }
  }
  if (off > 0 && offs > off) say(`balances are off by ${offs} in all, of which ${off} are explained`);
  // Of a damaged part nobody may be able to tell whose flows it had.
  const nobodys = count(ledger.exporters.find(({ key }) => key === NOBODYS)?.counts ?? {}, 'flows_store_damaged');
  let received = 0;
  let surplus = 0;
  for (const [address, datagrams] of Object.entries(sent.datagrams)) {
    const counts = ledger.exporters.find((one) => one.address === address)?.counts ?? {};
    received += count(counts, 'datagrams_received');
    if (!unseen && count(counts, 'datagrams_received') !== datagrams) {
      say(`of ${datagrams} datagrams of ${address} ${count(counts, 'datagrams_received')} were received`);
    }
    const flows = count(counts, 'flows_received');
    if (off === 0 && flows !== count(counts, 'datagrams_decoded') * FLOWS_PER_DATAGRAM) {
      say(`${address}: ${count(counts, 'datagrams_decoded')} datagrams decoded, and ${flows} flows`);
    }
    const inStore = stored.get(address) ?? 0;
    const should = TAKEN.reduce((left, name) => left - count(counts, name), count(counts, 'flows_stored'));
    surplus += should - inStore;
    if (inStore > should || inStore < should - nobodys) {
      say(`${address}: ${should} flows should be in the store, and ${inStore} are`);
    }
    for (const name of LOSSES) {
      const lost = count(counts, name);
      if (lost !== 0 && !accounts.includes(name)) say(`${address}: ${lost} under ${name}`);
    }
  }
  if (nobodys > 0 && surplus !== nobodys) {
    say(`${nobodys} flows of unknown exporters are counted as lost in the store, and ${surplus} are`);
  }
  const dropped = count(ledger.total, 'kernel_dropped');
  const all = Object.values(sent.datagrams).reduce((sum, datagrams) => sum + datagrams, 0);
  if (unseen ? received + dropped > all : dropped !== 0) {
    say(`of ${all} datagrams ${received} were received and ${dropped} dropped by the kernel`);
  }
  return wrong;
}
