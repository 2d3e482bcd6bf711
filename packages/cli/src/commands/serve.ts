// weir serve: the whole program.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Config, type Directories, serve } from '@weir/server';
import type { Command } from 'commander';
import { stringify } from 'yaml';
import type { Context } from '../command.ts';
import { addConfigOptions, configFrom } from '../config-options.ts';

const DEMO_MODULE = new URL('../../../../tools/demo/src/main.ts', import.meta.url);

export function define(command: Command, context: Context): void {
  addConfigOptions(command);
  command.addHelpText(
    'after',
    `
Settings come from the file, then WEIR_… variables, then flags; later ones win. All listen on loopback until told otherwise.

Examples:
  weir serve --demo                                  a simulated cluster, at http://127.0.0.1:8080
  weir serve --listen-host 0.0.0.0 --listen-allow 10.0.0.0/8
  weir serve --config /etc/weir.yaml --inventory /etc/weir-inventory.yaml

SIGTERM or Ctrl-C stops it gracefully: what was received is in the spool or the store. SIGHUP, or weir reload, makes it
read the file again and run the code that is installed now; no datagram is lost by it.`,
  );
  command.action(async (options: Record<string, unknown>) => {
    await serve(configFrom(options, context), {
      signal: context.signal,
      demoModule: DEMO_MODULE,
      withData: withDemoInventory,
      readConfig: () => configFrom(options, context),
      onReady: (url) => context.stderr.write(`\n  Weir is ready: ${url}\n\n`),
    });
  });
}

/** The demo brings its own inventory, written where a person can read it. An inventory that was given stays. */
async function withDemoInventory(config: Config, { data }: Directories): Promise<Config> {
  if (!config.demo || config.inventory !== undefined) return config;
  const { demoInventory } = await import('@weir/demo');
  const path = join(data, 'demo-inventory.yaml');
  const text = `# The demo's cluster. Written at every start with --demo.\n${stringify(demoInventory())}`;
  writeFileSync(path, text, { mode: 0o600 });
  return { ...config, inventory: path };
}
