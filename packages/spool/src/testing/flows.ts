// Spools for tests: batches of flows that can be told apart, written and handed over as a lane does it.
import { exporterKey, FIELD, FlowBatch, type Key, setNumber } from '@weir/record';
import { handOver } from '../distribute.ts';
import { makeConsumer, STORE } from '../layout.ts';
import type { Manifest } from '../manifest.ts';
import { beginGeneration, nameSource } from '../names.ts';
import { seal } from '../seal.ts';
import { leftIn, salvage } from '../writer/salvage.ts';
import { SpoolWriter } from '../writer/spool-writer.ts';

export const A: Key = exporterKey('10.0.0.1');
export const B: Key = exporterKey('10.0.0.2');

export const TIME = Date.UTC(2026, 0, 2, 10, 0, 0);

/** Rows from the exporters given, one each, received one millisecond after the other, with flow ids from `firstId` on. */
export function batchFrom(exporters: readonly Key[], firstReceived = TIME, firstId = 1): FlowBatch {
  const batch = new FlowBatch(exporters.length);
  for (const [row, key] of exporters.entries()) {
    batch.core.exporter.set([key.lo, key.hi], row * 2);
    setNumber(batch.core.time_received, row, firstReceived + row);
    setNumber(batch.use(FIELD.flow_id), row, firstId + row);
    batch.core.proto[row] = 6;
  }
  batch.length = exporters.length;
  return batch;
}

/** A spool with consumers to which files are handed over as soon as they are complete. */
export class TestSpool {
  readonly dir: string;
  readonly consumers: readonly string[];
  readonly complete: Manifest[] = [];
  readonly #writer: SpoolWriter;
  #nextId = 1;

  constructor(dir: string, consumers: readonly string[] = [STORE]) {
    this.dir = dir;
    this.consumers = consumers;
    for (const consumer of consumers) makeConsumer(dir, consumer);
    this.#writer = new SpoolWriter({
      dir,
      names: nameSource(beginGeneration(dir), 'test'),
      maxRows: 1e9,
      onComplete: (manifest) => {
        const sealed = seal(dir, manifest);
        handOver(dir, manifest.name, consumers);
        this.complete.push(sealed);
      },
    });
  }

  /** Writes a file with these batches; answers its manifest. */
  write(...batches: readonly FlowBatch[]): Manifest {
    for (const batch of batches) this.#writer.append(batch);
    this.#writer.close();
    return this.complete[this.complete.length - 1];
  }

  /** Writes a file of so many rows of exporters A and B in turn, with flow ids that follow those before. */
  file(rows: number, firstReceived = TIME): Manifest {
    const exporters = Array.from({ length: rows }, (_, row) => (row % 2 === 0 ? A : B));
    const batch = batchFrom(exporters, firstReceived, this.#nextId);
    this.#nextId += rows;
    return this.write(batch);
  }
}

/** Completes what a writer that was killed left, and hands it over, as a collector that starts does. */
export function recoverSpool(dir: string, consumers: readonly string[] = [STORE]): void {
  for (const name of leftIn(dir)) {
    const manifest = salvage(dir, name);
    if (manifest === undefined) continue;
    seal(dir, manifest);
    handOver(dir, name, consumers);
  }
}
