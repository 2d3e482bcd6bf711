// The kinds of sinks there are: what is configured of each, and how its destination is opened. A new one is a folder beside files/ and a line
// in SINK_TYPES.
import { z } from 'zod';
import { filesSink } from './files/sink.ts';
import type { SinkType } from './sink.ts';

const SINK_TYPES = { files: filesSink };

/** What is configured of one sink. */
export const SinkSettings = z.discriminatedUnion('type', [filesSink.settings], {
  error: (issue) =>
    issue.code === 'invalid_union'
      ? `there is no such type of sink: there is ${Object.keys(SINK_TYPES).join(', ')}`
      : undefined,
});
export type SinkSettings = z.output<typeof SinkSettings>;

/** The kind of a sink. */
export function sinkTypeOf({ type }: SinkSettings): SinkType<SinkSettings> {
  return SINK_TYPES[type];
}
