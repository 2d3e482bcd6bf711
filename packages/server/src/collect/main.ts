// The collecting process: lanes and inventory. What it receives goes to the spool; it does not know whether a store is there.
import { runChild } from '../child.ts';
import { createLogger } from '../log.ts';
import { Collector } from './collector.ts';

runChild(async ({ config, directories, outages }, channel) => {
  const log = createLogger(config.log, 'collect');
  const collector = new Collector(config, directories, log, outages);
  // A lane may die while others are still starting: then the start has failed. Later the process starts again.
  let laneDied: (error: Error) => void = () => {};
  const died = new Promise<never>((_, reject) => {
    laneDied = reject;
  });
  await Promise.race([collector.start((error) => laneDied(error)), died]);
  died.catch((error: unknown) => {
    log.fatal({ err: error }, 'a lane died; the process starts again');
    process.exit(1);
  });
  channel.send({ type: 'ready' });
  return { stop: () => collector.stop() };
});
