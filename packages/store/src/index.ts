// @weir/store: flows, dimensions and the ledger in ClickHouse, embedded or as a server. See spool/ for how they get there.
export { type BackupOptions, type CopyOptions, restoreBackup, writeBackup } from './backup/backup.ts';
export { BackupError, type BackupErrorCode } from './backup/backup-error.ts';
export { type BackupManifest, readBackup } from './backup/manifest.ts';
export { releaseSnapshot, releaseSnapshots, type Snapshot, takeSnapshot } from './backup/snapshot.ts';
export { verifyBackup, verifyStore } from './backup/verify.ts';
export { bindLiterals, identifier, type ParamValue, stringLiteral } from './connection/literals.ts';
export { cleanDemo, type DemoCleaned } from './demo-clean.ts';
export { type CheckOptions, type CheckReport, checkStore, type DamagedStorePart, isWhole } from './integrity/check.ts';
export { DAMAGE_ADVICE, type DamagedPart } from './integrity/damage.ts';
export { DamageWatch, type DamageWatchOptions } from './integrity/damage-watch.ts';
export { mending } from './integrity/mend.ts';
export { type RepairReport, repairStore } from './integrity/repair.ts';
export type { TakenOut } from './integrity/take-out.ts';
export { type LedgerEntry, type LedgerSource, LedgerTable } from './ledger/ledger-table.ts';
export type { QueryLimits, Settings } from './limits.ts';
export { Loader, type LoaderOptions, type LoaderStats } from './loader/loader.ts';
export { ClockGuard, type ClockGuardOptions, type Clocks } from './retention/clock-guard.ts';
export type { RetainedTable } from './retention/partitions.ts';
export { type DroppedPartition, Retention, type RetentionOptions } from './retention/retention.ts';
export { RollupMaker, type RollupMakerOptions, type RollupStats } from './rollup/rollup-maker.ts';
export { SCHEMA_VERSION } from './schema/migrate.ts';
export { DATABASE, type Resolution, ROLLUP_DIMENSIONS, ROLLUP_SUMS, ROLLUPS } from './schema/tables.ts';
export {
  type InsertFile,
  openStore,
  type QueryOptions,
  type QueryResult,
  type Row,
  Store,
  type StoreOptions,
  type StoreTarget,
  type Value,
} from './store.ts';
export { StoreError, type StoreErrorCode } from './store-error.ts';
