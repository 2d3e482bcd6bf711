// The process that the crash test kills: it writes flows to a spool and loads them into a store at the same time, until it is killed.
// Arguments: directory, number of the run. Prints a line for each complete spool file: what must be in the store later.
import { appendFileSync } from 'node:fs';
import { join } from 'node:path';
import { FIELD, FlowBatch, setNumber } from '@weir/record';
import { beginGeneration, handOver, makeSpool, nameSource, SpoolWriter, STORE, seal } from '@weir/spool';
import { recoverSpool } from '@weir/spool/testing';
import { openStore } from '../store.ts';
import { Loader } from './loader.ts';

const [dir, run] = process.argv.slice(2);
const spool = join(dir, 'spool');
const ROWS = 500;
const ROWS_A_FILE = 2000;

makeSpool(spool);
recoverSpool(spool);
const store = openStore({ path: join(dir, 'data') });
await store.migrate();
const loader = new Loader({ store, dir: spool, pollMs: 1 });
loader.start();

const batch = new FlowBatch(ROWS);
let written = 0;
let complete = 0;
const writer = new SpoolWriter({
  dir: spool,
  names: nameSource(beginGeneration(spool), 'crash'),
  maxRows: ROWS_A_FILE,
  onComplete: (manifest) => {
    // Flow ids are consecutive: the total of complete files is all that has to be known. An append is there after a kill.
    seal(spool, manifest);
    handOver(spool, manifest.name, [STORE]);
    complete += manifest.rows;
    appendFileSync(join(dir, 'complete'), `${run} ${complete}\n`);
    if (complete === manifest.rows) process.stdout.write('the first file is complete\n');
  },
});

/** Rows with ids of this run, half of them on the other side of an hour: each file makes two parts. */
function write(): void {
  batch.clear();
  for (let row = 0; row < ROWS; row++) {
    setNumber(batch.use(FIELD.time_received), row, Date.UTC(2026, 0, 2, 10 + (row & 1), 30) + written);
    setNumber(batch.use(FIELD.flow_id), row, written++);
    batch.use(FIELD.observation_domain)[row] = Number(run);
    batch.use(FIELD.exporter)[row * 2] = 1 + (row % 3);
  }
  batch.length = ROWS;
  writer.append(batch);
  setTimeout(write, 2);
}
write();
