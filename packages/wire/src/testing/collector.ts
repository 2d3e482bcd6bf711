// For tests: a decoder that one exporter sends to, and rows as objects of catalogue names.
import {
  ACCOUNT_NAMES,
  type AccountName,
  type FieldName,
  FlowBatch,
  formatAddress,
  formatMac,
  getBigInt,
  type ListColumn,
  parseAddress,
} from '@weir/record';
import { Decoder, type DecoderOptions } from '../dispatch.ts';
import type { Exporter } from '../exporter.ts';
import type { SetSpec, TemplateSpec } from '../template/encode.ts';
import { templateField } from '../template/encode.ts';
import type { FieldValue } from '../template/row-values.ts';

/** 2025-11-20T00:53:20Z: when everything is sent and received. */
export const NOW = 1_763_600_000_000;
export const UPTIME = 10_000_000;

/** A row's columns that are not zero: text for addresses and MACs, keys as text by the decoder's strings, numbers else. */
export type Row = Partial<Record<FieldName, number | string | number[]>>;

export class TestCollector {
  readonly decoder: Decoder;
  readonly peer: Exporter;
  readonly #texts = new Map<string, string>();
  #sequence = 0;

  constructor(options?: DecoderOptions, peer = '192.0.2.1') {
    this.decoder = new Decoder(options);
    const made = this.decoder.exporters.at(parseAddress(peer), 0);
    if (made === undefined) throw new Error('no room for the exporter');
    this.peer = made;
  }

  /** The accounts that are not zero. */
  counts(exporter = this.peer): Partial<Record<AccountName, number>> {
    return Object.fromEntries(
      ACCOUNT_NAMES.map((name, index) => [name, exporter.counters[index]]).filter(([, count]) => count !== 0),
    );
  }

  /** Decodes one datagram into a batch of its own. */
  batch(bytes: Uint8Array, received = NOW): FlowBatch {
    const batch = new FlowBatch(bytes.length + 1);
    this.decoder.decode(bytes, 0, bytes.length, this.peer.words, 0, received, batch);
    return batch;
  }

  receive(bytes: Uint8Array, received = NOW): Row[] {
    const batch = this.batch(bytes, received);
    for (const { key, text } of this.decoder.strings.drain()) this.#texts.set(`${key.lo}/${key.hi}`, text);
    return Array.from({ length: batch.length }, (_, row) => this.#row(batch, row));
  }

  /** The next number for messages that count by one. */
  next(): number {
    return this.#sequence++;
  }

  #row(batch: FlowBatch, row: number): Row {
    const out: Row = {};
    for (const field of batch.fields()) {
      const column = batch.use(field);
      const value = this.#value(field.kind, column, batch, row);
      if (value !== 0 && value !== '' && !(Array.isArray(value) && value.length === 0)) out[field.name] = value;
    }
    return out;
  }

  #value(
    kind: string,
    column: ReturnType<FlowBatch['use']>,
    batch: FlowBatch,
    row: number,
  ): number | string | number[] {
    if (kind.startsWith('list')) {
      const list = column as ListColumn;
      list.seal(batch.length);
      return [...list.get(row)];
    }
    const words = column as Uint32Array;
    const [lo, hi] = [words[row * 2], words[row * 2 + 1]];
    switch (kind) {
      case 'addr':
        return formatAddress(words, row * 4);
      case 'mac':
        return (lo | hi) === 0 ? '' : formatMac(lo, hi);
      case 'str':
        return (lo | hi) === 0 ? '' : (this.#texts.get(`${lo}/${hi}`) ?? 'unknown key');
      case 'u64':
      case 'time':
        return Number(getBigInt(words, row));
      case 'key':
        return (lo | hi) === 0 ? '' : getBigInt(words, row).toString();
      default:
        return words[row];
    }
  }
}

/** A template and one record of it, from pairs of element (and length) and value. */
export function oneRecord(
  fields: readonly (readonly [number | string, FieldValue, number?])[],
  id = 256,
): { template: TemplateSpec; sets: SetSpec[] } {
  const template = { id, fields: fields.map(([key, , length]) => templateField(key, length)) };
  return { template, sets: [{ templates: [template] }, { template, records: [fields.map(([, value]) => value)] }] };
}

export function ipv4(text: string): Uint8Array {
  return new Uint8Array(parseAddress(text).buffer, 12, 4);
}

export function ipv6(text: string): Uint8Array {
  return new Uint8Array(parseAddress(text).buffer);
}
