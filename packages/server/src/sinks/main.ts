// The process of the sinks. It takes flows from the spool and knows neither of receiving nor of the store.
import { setPriority } from 'node:os';
import { runChild } from '../child.ts';
import { createLogger } from '../log.ts';
import { Sinks } from './sinks.ts';

/** Where processors are short, sending on comes last: what is late here waits in the spool. */
const NICENESS = 10;

runChild(async ({ config, directories }, channel) => {
  setPriority(NICENESS);
  const log = createLogger(config.log, 'sinks');
  await channel.standby();
  const sinks = await Sinks.start(config, directories, log);
  channel.send({ type: 'ready' });
  return {
    stop: async () => {
      if (await sinks.stop()) return;
      // A thread that waits for a disk that does not answer would keep the process. Nothing is lost: what is acknowledged is on the disk.
      log.warn('a sink does not answer; its process is killed');
      process.kill(process.pid, 'SIGKILL');
    },
  };
});
