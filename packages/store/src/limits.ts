// What one query may take. Every query runs under limits; the engine stops what goes beyond and says which it was.

export interface QueryLimits {
  /** Bytes of memory. Grouping and sorting go to disk from half of it on. Default 512 MiB. */
  readonly maxMemoryBytes?: number;
  /** Seconds. Default 30. */
  readonly maxSeconds?: number;
  /** Rows read. Default: no limit. */
  readonly maxRowsToRead?: number;
  /** Rows of the answer. Default 100,000. */
  readonly maxResultRows?: number;
  /** Bytes of the answer. Default 64 MiB. */
  readonly maxResultBytes?: number;
  /** Threads. Default: what the engine thinks right. */
  readonly maxThreads?: number;
}

const MIB = 1024 * 1024;

export type Settings = Readonly<Record<string, string | number>>;

/** The limits as settings of ClickHouse. */
export function limitSettings(limits: QueryLimits): Settings {
  const memory = limits.maxMemoryBytes ?? 512 * MIB;
  return {
    max_memory_usage: memory,
    max_bytes_before_external_group_by: Math.floor(memory / 2),
    max_bytes_before_external_sort: Math.floor(memory / 2),
    // The ratios would start writing to disk earlier, by a share of the machine's memory that says nothing here.
    max_bytes_ratio_before_external_group_by: 0,
    max_bytes_ratio_before_external_sort: 0,
    max_execution_time: limits.maxSeconds ?? 30,
    timeout_overflow_mode: 'throw',
    max_result_rows: limits.maxResultRows ?? 100_000,
    max_result_bytes: limits.maxResultBytes ?? 64 * MIB,
    result_overflow_mode: 'throw',
    ...(limits.maxRowsToRead === undefined ? {} : { max_rows_to_read: limits.maxRowsToRead }),
    ...(limits.maxThreads === undefined ? {} : { max_threads: limits.maxThreads }),
  };
}

/** ` SETTINGS a = 1, b = 'x'`, or nothing. */
export function settingsClause(settings: Settings): string {
  const items = Object.entries(settings).map(
    ([name, value]) => `${name} = ${typeof value === 'number' ? value : `'${value}'`}`,
  );
  return items.length === 0 ? '' : ` SETTINGS ${items.join(', ')}`;
}
