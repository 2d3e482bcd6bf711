// A child for the tests: WEIR-free, does what the collector name of its configuration says.
import { runChild } from '../../child.ts';
import { ServerError } from '../../errors.ts';

runChild(async ({ config }, channel) => {
  if (config.collector === 'dies') process.exit(7);
  if (config.collector === 'says-why') throw new Error('the data are corrupt');
  if (config.collector === 'misconfigured') throw new ServerError('config_invalid', 'the inventory is wrong');
  if (config.collector === 'threads') throw new Error(`${process.env.UV_THREADPOOL_SIZE} threads`);
  await channel.standby();
  channel.send({ type: 'ready' });
  return {
    release: async () => {
      if (config.collector === 'holds-on') await new Promise(() => {});
    },
    stop: async () => {
      if (config.collector === 'hangs') await new Promise(() => {});
    },
  };
});
