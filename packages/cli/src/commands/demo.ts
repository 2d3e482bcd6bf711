// weir demo: what concerns the data that `weir serve --demo` makes.
import { cleanDemo } from '@weir/server';
import type { Command } from 'commander';
import type { Context } from '../command.ts';
import { addConfigOptions, configFrom } from '../config-options.ts';

export function define(command: Command, context: Context): void {
  const clean = command
    .command('clean')
    .description(
      'remove the flows, exporters and entities that the demo stored; works while Weir runs and while it does not',
    );
  addConfigOptions(clean);
  clean.action(async (options: Record<string, unknown>) => {
    const config = configFrom(options, context);
    context.stderr.write('removing demo data …\n');
    const removed = await cleanDemo(config);
    context.stdout.write(`removed ${removed.flows} demo flows and ${removed.exporters} demo exporters\n`);
  });
}
