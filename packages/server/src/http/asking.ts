// One caller's access to the store: through the gate, stopped when the caller goes away, with what was read added up.
import type { CompileContext, Compiled, Meta, Result, ResultRow, Statement } from '@weir/query';
import type { ApiDeps } from './deps.ts';
import { ApiError } from './problems.ts';
import type { QueryGate } from './query-gate.ts';

export class Asking {
  readonly deps: ApiDeps;
  readonly signal: AbortSignal;
  /** Milliseconds since 1970 that `now` means in this request. */
  readonly now: number;
  readonly #gate: QueryGate;
  #rowsRead = 0;
  #bytesRead = 0;
  #elapsedMs = 0;

  constructor(deps: ApiDeps, gate: QueryGate, signal: AbortSignal) {
    this.deps = deps;
    this.signal = signal;
    this.now = deps.now?.() ?? Date.now();
    this.#gate = gate;
  }

  context(): CompileContext {
    return {
      columnsPresent: this.deps.store.columnsPresent(),
      rolledUpUntil: this.deps.rolledUpUntil(),
      now: this.now,
    };
  }

  /** Rows of a statement. Throws StoreError, or ApiError `store_not_ready` and `too_busy`. */
  async rows(statement: Statement): Promise<readonly ResultRow[]> {
    return (await this.#ask(statement)).rows;
  }

  async #ask({ sql, params, settings }: Statement): Promise<Result> {
    if (this.deps.store.columnsPresent().size === 0) {
      throw new ApiError('store_not_ready', this.deps.storeFacts().problem || 'The store is starting.');
    }
    const { signal } = this;
    const result = await this.#gate.run(() => this.deps.store.query(sql, params, { signal, settings }), signal);
    this.#rowsRead += result.rowsRead;
    this.#bytesRead += result.bytesRead;
    this.#elapsedMs += result.elapsedMs;
    return result;
  }

  /** Runs a compiled query and adds `meta` to its answer. */
  async answer<A extends object>(compiled: Compiled<A>): Promise<A & { meta: Meta }> {
    const { truncated, ...answer } = compiled.answer(await this.#ask(compiled));
    const meta = this.meta(compiled, truncated);
    return { meta, ...answer } as unknown as A & { meta: Meta };
  }

  /** `meta` of an answer made of the rows asked for so far. */
  meta(
    of: Pick<Compiled<unknown>, 'from' | 'to' | 'resolution'> & Partial<Compiled<unknown>>,
    truncated: boolean,
  ): Meta {
    return {
      from: of.from,
      to: of.to,
      ...(of.intervalSeconds === undefined ? {} : { interval_s: of.intervalSeconds }),
      resolution: of.resolution,
      rows_read: this.#rowsRead,
      bytes_read: this.#bytesRead,
      elapsed_ms: Math.round(this.#elapsedMs * 10) / 10,
      truncated,
      warnings: [...(of.warnings ?? []), ...this.#behind(of.to)],
    };
  }

  /** What makes an answer about the newest time incomplete. */
  #behind(to: number): string[] {
    const { backlogFiles, problem } = this.deps.storeFacts();
    if (problem !== '') return [`The store has a problem: ${problem}`];
    if (backlogFiles > 10 && to > this.now - 60_000) {
      return [`${backlogFiles} files wait to be loaded: the newest flows are not in this answer yet`];
    }
    return [];
  }
}
