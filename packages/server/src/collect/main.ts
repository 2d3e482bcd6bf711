// The collecting process: lanes and inventory. What it receives goes to the spool; it does not know whether a store is there.
import { runChild } from '../child.ts';
import { createLogger } from '../log.ts';
import { Collector } from './collector.ts';

runChild(async ({ config, directories, outages, sockets }, channel) => {
  const log = createLogger(config.log, 'collect');
  const collector = new Collector({ config, directories, log, sockets, ...(outages === undefined ? {} : { outages }) });
  // A lane may die while others are still starting: then the start has failed. Later the process starts again.
  const died = Promise.withResolvers<never>();
  const begin = async () => {
    await collector.prepare((error) => died.reject(error));
    await channel.standby();
    await collector.go();
  };
  await Promise.race([begin(), died.promise]);
  died.promise.catch((error: unknown) => {
    log.fatal({ err: error }, 'a lane died or hangs; the process starts again');
    process.exit(1);
  });
  channel.send({ type: 'ready' });
  return { stop: () => collector.stop(), release: () => collector.release() };
});
