// Logs: pino, as JSON for machines or as text on a terminal.
import { type Logger, pino } from 'pino';
import pretty from 'pino-pretty';
import type { Config } from './config/schema.ts';

export type { Logger };

/** A logger whose lines say which part of the program speaks. */
export function createLogger(config: Config['log'], part: string): Logger {
  const text = config.format === 'text' || (config.format === 'auto' && process.stderr.isTTY);
  const options = { level: config.level, base: { part } };
  if (!text) return pino(options, pino.destination({ dest: 2, sync: true }));
  return pino(
    options,
    pretty({
      destination: 2,
      sync: true,
      colorize: process.stderr.isTTY,
      translateTime: 'SYS:HH:MM:ss.l',
      ignore: 'pid,hostname,part',
      messageFormat: '{part}: {msg}',
    }),
  );
}
