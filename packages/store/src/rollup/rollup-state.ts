// What is known of the roll-ups' progress, kept in the store: how far each is made, which slots have to be made again because flows
// came late or the slot was lost, up to when retention has dropped the flows they would be made from, and which slots must stay because
// part of what they were made from is lost. Times are unix seconds.
import { DATABASE, type Resolution, ROLLUPS } from '../schema/tables.ts';
import type { Store } from '../store.ts';

type Kind = 'until' | 'dirty' | 'dropped' | 'kept';

/** From, and up to but without. */
type Span = readonly [from: number, to: number];

/** A span is within an hour; one with more slots than this is not believed beyond them. */
const MAX_DIRTY_SLOTS = 10_000;

export class RollupState {
  readonly #store: Pick<Store, 'query' | 'command'>;
  readonly #until = new Map<Resolution, number>();
  readonly #dirty = new Map<Resolution, Set<number>>(ROLLUPS.map(({ resolution }) => [resolution, new Set()]));
  /** The slot being made again, by resolution. Apart from `#dirty`, where flows that come for it meanwhile put it again. */
  readonly #again = new Map<Resolution, number>();
  readonly #kept = new Map<Resolution, Span[]>(ROLLUPS.map(({ resolution }) => [resolution, []]));
  #dropped = 0;
  #version = 0;

  constructor(store: Pick<Store, 'query' | 'command'>) {
    this.#store = store;
  }

  /** Throws StoreError. */
  async read(): Promise<void> {
    const { rows } = await this.#store.query(
      `SELECT resolution, kind, toUnixTimestamp(slot) AS slot, toUnixTimestamp(time) AS time, cleared, version
       FROM ${DATABASE}.rollup_state FINAL`,
    );
    for (const row of rows) {
      this.#version = Math.max(this.#version, Number(row.version));
      const resolution = row.resolution as Resolution;
      if (row.kind === 'until') this.#until.set(resolution, Number(row.time));
      if (row.kind === 'dropped') this.#dropped = Number(row.time);
      if (row.kind === 'kept') this.#kept.get(resolution)?.push([Number(row.slot), Number(row.time)]);
      if (row.kind === 'dirty' && row.cleared === 0) this.#dirty.get(resolution)?.add(Number(row.slot));
    }
  }

  /** Up to when a resolution was made, apart from dirty slots; undefined when it was never begun. */
  until(resolution: Resolution): number | undefined {
    return this.#until.get(resolution);
  }

  dirty(resolution: Resolution): number[] {
    return [...(this.#dirty.get(resolution) ?? [])].sort((a, b) => a - b);
  }

  /** Flows before this are gone: nothing can be made from them again. */
  get dropped(): number {
    return this.#dropped;
  }

  async setUntil(resolution: Resolution, time: number): Promise<void> {
    await this.#write([[resolution, 'until', 0, time, 0]]);
    this.#until.set(resolution, time);
  }

  async setDropped(time: number): Promise<void> {
    if (time <= this.#dropped) return;
    await this.#write([['1m', 'dropped', 0, time, 0]]);
    this.#dropped = time;
  }

  /** Whether a slot of `seconds` must stay as it is: part of what it was made from is lost. */
  isKept(resolution: Resolution, slot: number, seconds: number): boolean {
    return this.#kept.get(resolution)?.some(([from, to]) => slot < to && from < slot + seconds) === true;
  }

  /** Notes that slots of this time stay as they are, whatever comes for them. */
  async keep(resolution: Resolution, from: number, to: number): Promise<void> {
    await this.#write([[resolution, 'kept', from, to, 0]]);
    this.#kept.get(resolution)?.push([from, to]);
  }

  /** Notes slots that are to be made again, of this resolution alone. */
  async markLost(resolution: Resolution, slots: readonly number[]): Promise<void> {
    const known = this.#dirty.get(resolution);
    const fresh = slots.filter((slot) => known?.has(slot) !== true);
    if (fresh.length === 0) return;
    await this.#write(fresh.map((slot) => [resolution, 'dirty', slot, slot, 0] as const));
    for (const slot of fresh) known?.add(slot);
  }

  /** Notes the slots before `frontier(resolution)` that time spans touch, each with its first and last second. */
  async markDirty(
    spans: readonly (readonly [from: number, to: number])[],
    frontier: (resolution: Resolution) => number,
  ): Promise<void> {
    const rows: [Resolution, Kind, number, number, number][] = [];
    for (const { resolution, seconds } of ROLLUPS) {
      const known = this.#dirty.get(resolution);
      const slots = new Set<number>();
      for (const [from, to] of spans) {
        const end = Math.min(to + 1, frontier(resolution));
        let left = MAX_DIRTY_SLOTS;
        for (let slot = Math.floor(from / seconds) * seconds; slot < end && left > 0; slot += seconds, left--) {
          if (!known?.has(slot)) slots.add(slot);
        }
      }
      for (const slot of slots) rows.push([resolution, 'dirty', slot, slot, 0]);
    }
    if (rows.length === 0) return;
    await this.#write(rows);
    for (const [resolution, , slot] of rows) this.#dirty.get(resolution)?.add(slot);
  }

  /** The first slot that readers must not use, or the end of what is made. */
  whole(resolution: Resolution): number {
    const again = this.#again.get(resolution) ?? Number.POSITIVE_INFINITY;
    return Math.min(this.#until.get(resolution) ?? 0, again, ...(this.#dirty.get(resolution) ?? []));
  }

  /** Makes a dirty slot again: `work` sees what had come before it began; for what comes meanwhile the slot stays dirty. */
  async again(resolution: Resolution, slot: number, work: () => Promise<void>): Promise<void> {
    const dirty = this.#dirty.get(resolution);
    this.#again.set(resolution, slot);
    dirty?.delete(slot);
    try {
      await work();
      if (!dirty?.has(slot)) await this.#write([[resolution, 'dirty', slot, slot, 1]]);
    } catch (error) {
      dirty?.add(slot);
      throw error;
    } finally {
      this.#again.delete(resolution);
    }
  }

  async #write(rows: readonly (readonly [Resolution, Kind, number, number, number])[]): Promise<void> {
    this.#version = Math.max(this.#version + 1, Date.now());
    const values = rows.map(
      ([resolution, kind, slot, time, cleared]) =>
        `('${resolution}', '${kind}', ${slot}, ${time}, ${cleared}, ${this.#version})`,
    );
    await this.#store.command(
      `INSERT INTO ${DATABASE}.rollup_state (resolution, kind, slot, time, cleared, version) VALUES ${values.join(', ')}`,
    );
  }
}
