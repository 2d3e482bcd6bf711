// The sinks of a process: each a consumer of the spool of its own, over names that they share. One that hangs or fails holds no other.
import { join } from 'node:path';
import { NAMES_CONSUMER, Names, SinkRunner, type SinkSettings } from '@weir/sinks';
import { type Log, listAside, SpoolError } from '@weir/spool';
import type { Directories } from '../child.ts';
import type { Config } from '../config/schema.ts';
import type { Logger } from '../log.ts';
import { removeOtherStatuses, writeConsumerStatus } from '../operations/consumer-status.ts';

const STATUS_MS = 1000;

/** Where the names are kept that sinks give to flows. */
export const namesFolder = (data: string): string => join(data, 'names');

export class Sinks {
  readonly #config: Pick<Config, 'sinks' | 'collector'>;
  readonly #spool: string;
  readonly #names: Names;
  readonly #log: Logger;
  readonly #runners = new Map<string, SinkRunner>();
  readonly #timer: NodeJS.Timeout;
  #said = '';

  private constructor(config: Pick<Config, 'sinks' | 'collector'>, spool: string, names: Names, log: Logger) {
    this.#config = config;
    this.#spool = spool;
    this.#names = names;
    this.#log = log;
    this.#timer = setInterval(() => this.#eachSecond(), STATUS_MS);
  }

  /** Starts every sink that is configured. */
  static async start(
    config: Pick<Config, 'sinks' | 'collector'>,
    directories: Pick<Directories, 'data' | 'spool'>,
    log: Logger,
  ): Promise<Sinks> {
    const names = await Names.open({
      dir: directories.spool,
      keptIn: namesFolder(directories.data),
      log: (message, details) => log.warn(details, message),
    });
    const sinks = new Sinks(config, directories.spool, names, log);
    sinks.#guard(() =>
      removeOtherStatuses(directories.spool, [NAMES_CONSUMER, ...config.sinks.map(({ name }) => name)]),
    );
    sinks.#eachSecond();
    return sinks;
  }

  /** Resolves within about a second, whatever the destinations do, to whether nothing is under way any more. */
  async stop(): Promise<boolean> {
    clearInterval(this.#timer);
    const ended = await Promise.all([...this.#runners.values()].map((runner) => runner.stop()));
    this.#tell();
    return ended.every((end) => end);
  }

  /** Begins what could not begin yet, and tells what each does. */
  #eachSecond(): void {
    for (const settings of this.#config.sinks) {
      if (!this.#runners.has(settings.name)) this.#guard(() => this.#begin(settings));
    }
    // Deliveries take names in too, but while none succeeds they would pile up.
    void this.#names.take();
    this.#tell();
  }

  #begin(settings: SinkSettings): void {
    const { collector } = this.#config;
    const log: Log = (level, message, details) => this.#log[level]({ sink: settings.name, ...details }, message);
    const runner = new SinkRunner({ dir: this.#spool, settings, collector, names: this.#names, log });
    this.#runners.set(settings.name, runner);
    runner.start();
  }

  #tell(): void {
    const written = { time: Date.now(), pid: process.pid };
    for (const [name, runner] of this.#runners) {
      this.#guard(() => writeConsumerStatus(this.#spool, name, { ...runner.health(), ...written }));
    }
    this.#guard(() => {
      const aside = listAside(this.#spool, NAMES_CONSUMER);
      writeConsumerStatus(this.#spool, NAMES_CONSUMER, { ...this.#names.health(), aside, ...written });
      this.#said = '';
    });
  }

  /** A spool that cannot be read or written now is tried again in a second, and told once. */
  #guard(action: () => void): void {
    try {
      action();
    } catch (error) {
      if (!(error instanceof SpoolError)) throw error;
      if (error.message !== this.#said) this.#log.error({ code: error.code }, error.message);
      this.#said = error.message;
    }
  }
}
