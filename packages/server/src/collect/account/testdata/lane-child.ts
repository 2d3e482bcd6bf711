// The process that the recovery test kills: it counts and spools flows as a lane does, and tells the ledger of them as the main thread
// does, as fast as it can. Arguments: the spool directory.
import { mapFile } from '@weir/libc';
import { ACCOUNT, exporterKey, formatAddress, keyText, parseAddress } from '@weir/record';
import { beginGeneration, type ExporterRows, nameSource, SpoolError, SpoolWriter } from '@weir/spool';
import { batchFrom } from '@weir/spool/testing';
import { CounterMemory, counterBytes } from '../counter-memory.ts';
import { Giver } from '../give.ts';
import { claimFolder, processFiles } from '../process-files.ts';
import { Teller } from '../teller.ts';

const [dir, ...consumers] = process.argv.slice(2);
const EXPORTERS = ['192.0.2.1', '192.0.2.2', '2001:db8::3'].map((text) => parseAddress(text));

const start = beginGeneration(dir);
const files = processFiles(dir, start.token);
claimFolder(files);
const memory = CounterMemory.prepare(mapFile(files.counters(0), counterBytes(EXPORTERS.length)).memory);
const exporters = EXPORTERS.map((words) => ({
  key: exporterKey(formatAddress(words)),
  counters: memory.take(words)!,
}));
const counters = new Map(exporters.map(({ key, counters }) => [keyText(key), counters]));
const giver = new Giver({ dir, collector: 'test', consumers, sync: false, log: () => {} });
const teller = new Teller({ dir, collector: 'test', names: nameSource(start, 'main'), lastLedger: files.lastLedger });
teller.add(0, memory);

const count = (rows: ExporterRows, account: number) => {
  for (const [key, flows] of rows) counters.get(key)![account] += flows;
};
const writer = new SpoolWriter({
  dir,
  names: nameSource(start, '0'),
  maxRows: 40,
  lastManifest: files.lastManifest(0),
  totals: (rows) => rows.map(([key, flows]) => [key, counters.get(key)![ACCOUNT.flows_spooled] + flows] as const),
  onComplete: (manifest) => {
    count(manifest.exporters, ACCOUNT.flows_spooled);
    teller.tell();
    giver.give(manifest);
  },
});

process.stdout.write('x');
for (let round = 0; ; round++) {
  const keys = Array.from({ length: 1 + (round % 7) }, (_, row) => exporters[(round + row) % exporters.length]);
  for (const exporter of keys) {
    exporter.counters[ACCOUNT.flows_received]++;
    exporter.counters[ACCOUNT.datagrams_received]++;
    exporter.counters[ACCOUNT.datagrams_decoded]++;
    memory.countReceived();
  }
  try {
    writer.append(batchFrom(keys.map(({ key }) => key)));
  } catch (error) {
    if (!(error instanceof SpoolError)) throw error;
    count(error.lost, ACCOUNT.flows_spool_failed);
  }
  if (round % 5 === 0) teller.tell();
}
