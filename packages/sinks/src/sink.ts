// What a kind of sink is to whoever runs it.
import type { Destination, Log } from '@weir/spool';
import type { z } from 'zod';
import type { Names } from './names/names.ts';

/** What the destination of a sink is opened with, besides its settings. */
export interface SinkContext {
  /** Names of what keys name, shared by all sinks of the process. */
  readonly names: Names;
  readonly log: Log;
}

/** A destination that can be told to let go of what it holds. */
export interface OpenSink extends Destination {
  /** For a status: where it sends to and what it has come to. */
  status(): object;
  /** Resolves within about a second, whatever the destination does, to whether nothing of it is under way any more. */
  close(): Promise<boolean>;
}

export interface SinkType<S> {
  /** What is configured; `type` says which kind it is. */
  readonly settings: z.ZodType<S>;
  /** Directories of this machine that it writes to: none may be in the data directory. */
  directories(settings: S): readonly string[];
  /** Never touches the destination: that happens with the first delivery, and again when one has failed. */
  open(settings: S, context: SinkContext): OpenSink;
}
