// weir config: what the configuration is, and what is wrong with it.
import { configJsonSchema } from '@weir/server';
import type { Command } from 'commander';
import { stringify } from 'yaml';
import type { Context } from '../command.ts';
import { addConfigOptions, configFrom } from '../config-options.ts';

/** Settings whose value is not for the screen. */
const SECRET = /password/;
/** Where a URL may have one: `https://user:password@host`. */
const SECRET_IN_URL = /^(\w+:\/\/[^/@]*:)[^/@]+@/;

function shown(key: string, value: unknown): unknown {
  if (SECRET.test(key) && value !== '') return '…';
  return typeof value === 'string' ? value.replace(SECRET_IN_URL, '$1…@') : value;
}

export function define(command: Command, context: Context): void {
  const check = command
    .command('check')
    .description('say what is wrong with the configuration, one line a mistake; exit 2 if anything is');
  addConfigOptions(check);
  check.option('--print', 'print the configuration as it would be used, passwords left out');
  check.action((options: Record<string, unknown>) => {
    const config = configFrom(options, context);
    if (options.print === true) {
      context.stdout.write(stringify(JSON.parse(JSON.stringify(config, shown))));
    } else context.stdout.write('the configuration is good\n');
  });
  command
    .command('schema')
    .description('print the JSON Schema of the configuration file')
    .action(() => {
      context.stdout.write(`${JSON.stringify(configJsonSchema(), null, 2)}\n`);
    });
}
