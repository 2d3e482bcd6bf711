// The collecting process: lanes and inventory. What it receives goes to the spool; it does not know whether a store is there.
import { runChild } from '../child.ts';
import { createLogger } from '../log.ts';
import { Collector } from './collector.ts';

runChild(async ({ config, directories }, channel) => {
  const log = createLogger(config.log, 'collect');
  const collector = new Collector(config, directories, log);
  let started = false;
  await collector.start((error) => {
    if (!started) return;
    log.fatal({ err: error }, 'a lane died; the process starts again');
    process.exit(1);
  });
  started = true;
  channel.send({ type: 'ready' });
  return { stop: () => collector.stop() };
});
