// A collecting process without a supervisor, until its input ends. Arguments: the spool directory and a UDP port.
import { pino } from 'pino';
import { loadConfig } from '../../config/load.ts';
import { Collector } from '../collector.ts';

const [spool, port] = process.argv.slice(2);
const flags = { 'listen.ports': port, 'listen.lanes': '1', 'spool.max_age': '300ms' };
const collector = new Collector({
  config: loadConfig({ env: {}, flags }),
  directories: { data: spool, spool, store: spool },
  log: pino({ level: 'silent' }),
});
await collector.prepare((error) => {
  throw error;
});
await collector.go();
process.stdout.write('receives\n');
process.stdin.resume().once('end', async () => {
  await collector.stop();
  process.exit();
});
