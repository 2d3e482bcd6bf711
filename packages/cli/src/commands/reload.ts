// weir reload: SIGHUP for a running Weir, and how that ended.
import { requestReload } from '@weir/server';
import type { Command } from 'commander';
import { CliError, type Context } from '../command.ts';
import { addConfigOptions, configFrom } from '../config-options.ts';

export function define(command: Command, context: Context): void {
  addConfigOptions(command);
  command.addHelpText(
    'after',
    `
The Weir that has the data directory (--data) reads its configuration file again, with the variables and flags that it
was started with, and replaces its processes by new ones, of the code that is installed now. Collecting changes hands
without losing a datagram. A configuration with mistakes changes nothing.`,
  );
  command.action(async (options: Record<string, unknown>) => {
    const { ok, messages } = await requestReload(configFrom(options, context));
    if (!ok) throw new CliError('failed', ['the reload failed; Weir goes on as it was', ...messages].join('\n'));
    for (const message of messages) context.stderr.write(`${message}\n`);
    context.stdout.write('reloaded\n');
  });
}
