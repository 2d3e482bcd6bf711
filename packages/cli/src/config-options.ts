// The configuration's settings as flags of a command, and the configuration from them.
import { type Config, flagOf, loadConfig, settings } from '@weir/server';
import { type Command, Option } from 'commander';
import type { Context } from './command.ts';

/** `http.port` as commander names the option: `httpPort`. */
const attribute = (path: readonly string[]) =>
  path.join('_').replaceAll(/_([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());

/** Adds `--config` and a flag for every setting that is no secret. */
export function addConfigOptions(command: Command): void {
  command.addOption(new Option('-c, --config <file>', 'YAML file with settings').env('WEIR_CONFIG'));
  for (const setting of settings()) {
    if (setting.secret) continue;
    const argument = setting.type === 'boolean' ? '[true|false]' : `<${setting.type.replaceAll(' ', '-')}>`;
    command.addOption(new Option(`${flagOf(setting)} ${argument}`, setting.description));
  }
}

/** The configuration from the file, the environment and the flags given. Throws ServerError. */
export function configFrom(options: Readonly<Record<string, unknown>>, context: Context): Config {
  const flags: Record<string, string | boolean | undefined> = {};
  for (const setting of settings()) {
    const value = options[attribute(setting.path)];
    if (typeof value === 'string' || typeof value === 'boolean') flags[setting.path.join('.')] = value;
  }
  const file = options.config;
  return loadConfig({ ...(typeof file === 'string' ? { file } : {}), env: context.env, flags });
}
