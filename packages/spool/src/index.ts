// @weir/spool: files that are the write-ahead log, and their consumers. Imports neither a store nor a sink.
export { listAside, type SetAside, type SetAsideList, setRowsAside } from './consumer/aside.ts';
export { type Backlog, backlogOf, type CountDropped, dropRows, enforceCap } from './consumer/cap.ts';
export {
  Consumer,
  type ConsumerHealth,
  type ConsumerOptions,
  type ConsumerStats,
  type Log,
  type LogLevel,
  type MissingFile,
} from './consumer/consumer.ts';
export type { CountEnds, Delivery, Destination, Ends, Failure } from './consumer/destination.ts';
export { Received } from './consumer/received.ts';
export { type Claim, claim, removeClaim, type Waiting, waitingFor } from './consumer/waiting.ts';
export { FlowCounts, type Span } from './counts.ts';
export { handOver, linkToSinks, moveToStore, type NotHandedOver } from './distribute.ts';
export { adoptEarlierLayout } from './earlier-layout.ts';
export { asSpoolError, type ExporterRows, errno, SpoolError, type SpoolErrorCode } from './errors.ts';
export { filesIn, namesIn, sizeOf, tryRename, tryUnlink, writeWhole } from './files.ts';
export {
  type ConsumerFolders,
  consumerFolders,
  consumersOnDisk,
  DIMENSION_NAMES,
  DIRECTORY_MODE,
  FILE_MODE,
  makeConsumer,
  makeDirectory,
  makeSpool,
  type SpoolFolders,
  STORE,
  spoolFolders,
} from './layout.ts';
export {
  type BlockEntry,
  isSealed,
  type Manifest,
  type OpenManifest,
  readManifest,
  readOpenManifest,
  spanOf,
} from './manifest.ts';
export { beginGeneration, type NameSource, nameSource, ownerOfName, type SpoolStart } from './names.ts';
export { blockRows, readBlock } from './native/read.ts';
export { FileReader } from './native/read-file.ts';
export { type NativeColumn, nativeBlock, nativeColumn } from './native/write.ts';
export { readLedger } from './rows/read.ts';
export {
  type CounterReading,
  clickhouseTime,
  endOf,
  type LedgerLine,
  type LedgerRow,
  rowsBeingWritten,
  writeDimension,
  writeLedger,
} from './rows/write.ts';
export { seal } from './seal.ts';
export { discard, leftIn, salvage } from './writer/salvage.ts';
export { SpoolWriter, type SpoolWriterOptions, type SpoolWriterStats } from './writer/spool-writer.ts';
