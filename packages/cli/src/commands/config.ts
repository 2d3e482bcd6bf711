// weir config: what the configuration is, and what is wrong with it.
import { configJsonSchema, withoutSecrets } from '@weir/server';
import type { Command } from 'commander';
import { stringify } from 'yaml';
import type { Context } from '../command.ts';
import { addConfigOptions, configFrom } from '../config-options.ts';

export function define(command: Command, context: Context): void {
  const check = command
    .command('check')
    .description('say what is wrong with the configuration, one line a mistake; exit 2 if anything is');
  addConfigOptions(check);
  check.option('--print', 'print the configuration as it would be used, secrets left out');
  check.action((options: Record<string, unknown>) => {
    const config = configFrom(options, context);
    if (options.print === true) {
      context.stdout.write(stringify(withoutSecrets(config)));
    } else context.stdout.write('the configuration is good\n');
  });
  command
    .command('schema')
    .description('print the JSON Schema of the configuration file')
    .action(() => {
      context.stdout.write(`${JSON.stringify(configJsonSchema(), null, 2)}\n`);
    });
}
