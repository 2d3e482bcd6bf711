// A child for the tests: WEIR-free, does what the collector name of its configuration says.
import { runChild } from '../../child.ts';

runChild(async ({ config }, channel) => {
  if (config.collector === 'dies') process.exit(7);
  if (config.collector === 'waits-for-port') await channel.portFree();
  channel.send({ type: 'ready' });
  return {
    stop: async () => {
      if (config.collector === 'hangs') await new Promise(() => {});
    },
  };
});
