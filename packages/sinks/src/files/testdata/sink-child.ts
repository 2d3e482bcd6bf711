// A process with one sink, for tests that kill it. Arguments: the spool, where names are kept, and the sink's settings as JSON.
import { Names } from '../../names/names.ts';
import { SinkSettings } from '../../registry.ts';
import { SinkRunner } from '../../sink-runner.ts';

const [dir, keptIn, settings] = process.argv.slice(2);
const names = await Names.open({ dir, keptIn });
const runner = new SinkRunner({
  dir,
  settings: SinkSettings.parse(JSON.parse(settings)),
  collector: 'test',
  names,
  log: (level, message, details) => process.stdout.write(`${JSON.stringify({ level, message, ...details })}\n`),
  pollMs: 1,
});
runner.start();
process.once('SIGTERM', async () => {
  await runner.stop();
  process.exit(0);
});
