// Damage in the tables without which nothing is stored: names, the ledger, how far roll-ups are. They are small, and most of a damaged
// part can be read, so such a part is taken out at once, without waiting for a person.
import { DATABASE, FLOWS_TABLE, ROLLUPS } from '../schema/tables.ts';
import { StoreError } from '../store-error.ts';
import { damageOf } from './check.ts';
import { activeParts, type StorePart } from './parts.ts';
import { type OutStore, type TakenOut, takeOut } from './take-out.ts';

/** Tables whose damage waits for a person, because what is lost with a part is what people look for. */
const LARGE: ReadonlySet<string> = new Set([FLOWS_TABLE.name, ...ROLLUPS.map((spec) => spec.table.name)]);

/** One for each thing that stands in the way. */
const MAX_ATTEMPTS = 100;

export const isSmall = (table: string): boolean => !LARGE.has(table);

/** The part that an error is about, when it is in use and of a small table; looks for one where the error names none. */
async function smallPart(store: OutStore, { part }: StoreError): Promise<StorePart | undefined> {
  const small = (await activeParts(store)).filter(({ table }) => isSmall(table));
  if (part === undefined) {
    for (const one of small) if ((await damageOf(store, one)) !== undefined) return one;
    return undefined;
  }
  const { rows } = await store.query(
    `SELECT name FROM system.tables WHERE database = {database:String} AND toString(uuid) = {uuid:String}`,
    { database: DATABASE, uuid: part.uuid },
  );
  return small.find(({ table, name }) => table === rows[0]?.name && name === part.name);
}

/** Does `work`, again each time after a damaged part of a small table was taken out of its way. Throws what `work` throws. */
export async function mending<T>(
  store: OutStore,
  work: () => Promise<T>,
  onMended: (out: TakenOut) => void = () => {},
): Promise<T> {
  for (let attempt = 0; ; attempt++) {
    try {
      return await work();
    } catch (error) {
      const damaged = error instanceof StoreError && error.code === 'damaged' && attempt < MAX_ATTEMPTS;
      const part = damaged ? await smallPart(store, error) : undefined;
      if (part === undefined) throw error;
      onMended(await takeOut(store, part, (error as StoreError).message, undefined));
    }
  }
}
