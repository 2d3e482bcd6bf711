// Secrets among the settings: where they may come from, and that they are never shown. The schema marks them with `writeOnly`.
//
// A command line can be read by every user of the machine (ps, /proc) and is kept in shell histories, so that none is taken from
// there: the environment or a file it is.
import { readFileSync } from 'node:fs';
import { flagOf, variableOf } from './names.ts';
import { type Config, type Setting, settings } from './schema.ts';

/** `https://user:password@host`: up to the password, and from behind it. */
const PASSWORD_IN_URL = /^(\w+:\/\/[^/@]*:)[^/@]+(?=@)/;

/** `?password=…`, as ClickHouse takes it too. */
const PASSWORD_IN_QUERY = /([?&]password=)[^&#]+/gi;

const fileSetting = (setting: Setting) => `${setting.path.join('.')}_file`;

/**
 * Why the value of a flag must not be given as one, without the value; undefined when it may be.
 */
export function secretInFlag(setting: Setting, value: string | boolean): string | undefined {
  const readable = 'every user of this machine can read command lines';
  if (setting.secret) {
    return `flag ${flagOf(setting)}: ${readable}: give the secret in ${variableOf(setting)}, or in a file that ${fileSetting(setting)} names`;
  }
  if (typeof value !== 'string' || urlWithoutPassword(value) === value) return undefined;
  return `flag ${flagOf(setting)}: ${readable}: give the URL without its password, and the password in WEIR_STORE_PASSWORD or in a file that store.password_file names`;
}

/** The same for a whole command line, for commands that take no settings too: the first reason there is. */
export function secretInArguments(args: readonly string[]): string | undefined {
  const byFlag = new Map(settings().map((setting) => [flagOf(setting), setting]));
  for (const [index, argument] of args.entries()) {
    const [flag, value = args[index + 1] ?? ''] = split(argument);
    const setting = byFlag.get(flag);
    const reason = setting === undefined ? undefined : secretInFlag(setting, value);
    if (reason !== undefined) return reason;
  }
  return undefined;
}

function urlWithoutPassword(value: string): string {
  return value.includes('://') ? value.replace(PASSWORD_IN_URL, '$1…').replace(PASSWORD_IN_QUERY, '$1…') : value;
}

/** `--flag=value` → both; an argument without `=` alone. */
function split(argument: string): [flag: string, value?: string] {
  const at = argument.indexOf('=');
  return at < 0 ? [argument] : [argument.slice(0, at), argument.slice(at + 1)];
}

/** What a file holds, without the line break that editors and `echo` put at its end. Throws what reading throws. */
export function readSecret(path: string): string {
  return readFileSync(path, 'utf8').replace(/\r?\n$/, '');
}

/** The configuration as it may be shown: `…` stands for every secret. */
export function withoutSecrets(config: Config): unknown {
  const hidden = new Set(settings().flatMap((setting) => (setting.secret ? [setting.path.join('.')] : [])));
  const shown = (value: unknown, path: string): unknown => {
    if (hidden.has(path)) return value === '' ? '' : '…';
    if (typeof value === 'string') return urlWithoutPassword(value);
    if (Array.isArray(value)) return value.map((item) => shown(item, path));
    if (typeof value !== 'object' || value === null) return value;
    return Object.fromEntries(
      Object.entries(value).map(([key, child]) => [key, shown(child, path === '' ? key : `${path}.${key}`)]),
    );
  };
  return shown(config, '');
}
