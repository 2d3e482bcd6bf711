// What a setting is called in the environment and on the command line.
import type { Setting } from './schema.ts';

/** `http.port` → `WEIR_HTTP_PORT`. */
export function variableOf(setting: Setting): string {
  return `WEIR_${setting.path.join('_').toUpperCase()}`;
}

/** `http.port` → `--http-port`, `spool.max_size` → `--spool-max-size`. */
export function flagOf(setting: Setting): string {
  return `--${setting.path.join('-').replaceAll('_', '-')}`;
}
