// Weir's reading of messages, one by one: the flows of each and what the ledger says of it.
import { ACCOUNT_NAMES, type AccountName, FlowBatch, parseAddress } from '@weir/record';
import { Decoder } from '@weir/wire';
import { type ReadFlow, readRow } from './read-flow.ts';

export interface DecodedMessage {
  readonly flows: readonly Required<ReadFlow>[];
  /** Accounts that this message changed, and by how much. */
  readonly accounts: Readonly<Partial<Record<AccountName, number>>>;
}

export interface SentMessage {
  /** Address it came from. */
  readonly from: string;
  readonly data: Uint8Array;
}

/** Decodes messages in order, as one lane would. */
export function decodeMessages(messages: Iterable<SentMessage>): DecodedMessage[] {
  const decoder = new Decoder();
  const batch = new FlowBatch(65_536);
  const out: DecodedMessage[] = [];
  for (const { from, data } of messages) {
    const before = totals(decoder);
    batch.clear();
    decoder.decode(data, 0, data.length, parseAddress(from), 0, Date.UTC(2024, 0, 1), batch);
    const after = totals(decoder);
    const changed = ACCOUNT_NAMES.map((name, index) => [name, after[index] - before[index]] as const);
    out.push({
      flows: Array.from({ length: batch.length }, (_, row) => readRow(batch, row)),
      accounts: Object.fromEntries(changed.filter(([, by]) => by !== 0)),
    });
  }
  return out;
}

function totals(decoder: Decoder): number[] {
  const all = [...decoder.exporters.all(), decoder.exporters.unattributed];
  return ACCOUNT_NAMES.map((_, index) => all.reduce((sum, { counters }) => sum + counters[index], 0));
}
