// How much memory the embedded store and one query get where the configuration leaves that open.
import type { Config } from '../config/schema.ts';
import { ServerError } from '../errors.ts';
import type { MemoryLimit } from './memory-limit.ts';

const MIB = 2 ** 20;

/** What Weir takes besides the engine's memory at a million flows a second: three processes of Node, batches, the engine's code. */
const OTHERS = 500 * MIB;
/** With less the engine cannot insert a spool file of `spool.max_rows` flows by default. */
const LEAST = 400 * MIB;
/** With this a million flows a second are stored and summed up, and queries over ten million flows answered. */
const COMMON = 700 * MIB;

/** Of what a control group leaves: the rest is for the kernel's cache of files. */
const SHARE_OF_GROUP = 0.6;
/** Of a machine that Weir has not for itself. */
const SHARE_OF_MACHINE = 0.025;
/** What other programs of such a machine leave at least. */
const LEFT_BY_OTHERS = 0.75;
/** One query may take so much of the store's memory: 512 of 700 MiB. */
const SHARE_OF_QUERY = 512 / 700;

export interface StoreMemory {
  /** Bytes that the engine may take in all, and one query of them. */
  readonly store: number;
  readonly query: number;
}

function automatic({ bytes, limited }: MemoryLimit): number {
  if (limited) return Math.max(Math.min(COMMON, bytes - OTHERS), (bytes - OTHERS) * SHARE_OF_GROUP);
  return Math.min(Math.max(COMMON, bytes * SHARE_OF_MACHINE), bytes * LEFT_BY_OTHERS - OTHERS);
}

const mib = (bytes: number): string => `${Math.round(bytes / MIB)} MiB`;

/** Throws ServerError `config_invalid` where there is too little for the store to work. */
export function storeMemory({ memory, query }: Config['store'], limit: MemoryLimit): StoreMemory {
  const store = Math.floor(memory === 'auto' ? automatic(limit) : memory);
  if (memory === 'auto' && store < LEAST) {
    const who = limit.limited ? 'the control group of this process allows' : 'this machine has';
    throw new ServerError(
      'config_invalid',
      `store.memory: ${who} ${mib(limit.bytes)}, of which ${mib(Math.max(0, store))} would be left for the store: it needs ` +
        `${mib(LEAST)}, Weir in all ${mib(OTHERS + LEAST)}. Give it more, or lower spool.max_rows and set store.memory yourself`,
    );
  }
  return { store, query: query.max_memory === 'auto' ? Math.floor(store * SHARE_OF_QUERY) : query.max_memory };
}

/** What is wrong with sizes that a person has set; undefined when nothing is. */
export function memoryWarning({ memory }: Config['store'], limit: MemoryLimit): string | undefined {
  if (memory === 'auto' || memory + OTHERS <= limit.bytes) return undefined;
  const who = limit.limited ? 'the control group allows' : 'the machine has';
  return (
    `store.memory is ${mib(memory)} and Weir takes about ${mib(OTHERS)} besides, but ${who} only ${mib(limit.bytes)}: ` +
    'the kernel may kill the storing process; auto takes what there is'
  );
}
