// @weir/spool: the directory between collecting and storing. Imports neither chDB nor the ClickHouse client, so that a
// collector does not load the engine.
export { enforceCap, type SpoolUsage, spoolUsage } from './cap.ts';
export { type Claim, claimFlows, oldestPending, oldestWaiting, removeClaim, setAside, waitingFlows } from './claim.ts';
export { ExporterCounts } from './exporter-counts.ts';
export {
  CORRUPT,
  DIMENSION_NAMES,
  dimensionFolder,
  FLOWS,
  LEDGER,
  makeSpool,
  namesIn,
  parseSpoolName,
  prepareSpool,
  removeOrphanManifests,
  sizeOf,
  tryUnlink,
} from './layout.ts';
export { type Manifest, readManifest } from './manifest.ts';
export { type NativeColumn, nativeBlock, nativeColumn } from './native.ts';
export { clickhouseTime, type LedgerRow, writeDimension, writeLedger } from './row-files.ts';
export { asSpoolError, type ExporterRows, errno, SpoolError, type SpoolErrorCode } from './spool-error.ts';
export { SpoolWriter, type SpoolWriterOptions, type SpoolWriterStats } from './spool-writer.ts';
