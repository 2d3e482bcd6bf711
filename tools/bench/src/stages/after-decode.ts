// What follows decoding in a lane: naming the ends of flows, and writing them to a spool file.
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Enricher, parseInventory } from '@weir/enrich';
import { FIELD, FlowBatch } from '@weir/record';
import { beginGeneration, nameSource, SpoolWriter, spoolFolders } from '@weir/spool';
import { Decoder } from '@weir/wire';
import { clusterInventory } from '../load/cluster.ts';
import { Netflow5Round } from './decode.ts';
import type { Stage } from './measure.ts';

/** A whole round, and room for the decoder's rule of a row a byte. */
const ROWS = 131_072;

/** Batches of newly drawn, decoded flows. */
function decoded(): { batch: FlowBatch; refill: () => void } {
  const round = new Netflow5Round();
  const decoder = new Decoder();
  const batch = new FlowBatch(ROWS);
  const refill = () => {
    batch.clear();
    round.refill();
    round.decode(decoder, batch, Date.now(), () => {});
  };
  return { batch, refill };
}

export function enrichStage(): Stage {
  const { batch, refill } = decoded();
  const enricher = new Enricher();
  enricher.load(parseInventory(clusterInventory()));
  return {
    name: 'enrich, both ends of 5,000 pods',
    unit: 'flows/s a core',
    prepare: refill,
    work: () => {
      enricher.enrich(batch, 0, batch.length);
      const entities = batch.use(FIELD.dst_entity);
      if (entities[0] === 0 && entities[1] === 0) throw new Error('the first flow was not named');
      return batch.length;
    },
  };
}

export interface SpoolStage extends Stage {
  /** Removes the files. */
  readonly close: () => void;
}

export function spoolStage(): SpoolStage {
  const { batch, refill } = decoded();
  const enricher = new Enricher();
  enricher.load(parseInventory(clusterInventory()));
  const dir = mkdtempSync(join(tmpdir(), 'weir-bench-spool-'));
  const writer = new SpoolWriter({ dir, names: nameSource(beginGeneration(dir), 'bench'), maxRows: ROWS });
  const { writing } = spoolFolders(dir);
  return {
    name: 'encode as Native and write to the spool',
    unit: 'flows/s a core',
    prepare: () => {
      for (const file of readdirSync(writing)) if (!file.endsWith('.tmp')) rmSync(join(writing, file));
      refill();
      enricher.enrich(batch, 0, batch.length);
    },
    work: () => {
      writer.append(batch);
      return batch.length;
    },
    close: () => {
      writer.close();
      rmSync(dir, { recursive: true, force: true });
    },
  };
}
