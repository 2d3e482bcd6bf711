// What is configured of sinks: each by its own kind, and what must hold between them.
import { relative, resolve, sep } from 'node:path';
import { SinkSettings, sinkTypeOf } from '@weir/sinks';
import { z } from 'zod';

/** The list of sinks; names are there once. */
export const sinks = z
  .array(SinkSettings)
  .superRefine((list, context) => {
    for (const [index, { name }] of list.entries()) {
      if (list.findIndex((other) => other.name === name) === index) continue;
      const message = `there is another sink "${name}": what waits for a sink and its account go by its name`;
      context.addIssue({ code: 'custom', path: [index, 'name'], message });
    }
  })
  .prefault([])
  .describe('Where flows are sent to besides the store');

export interface SinkMistake {
  readonly path: readonly (string | number)[];
  readonly message: string;
}

/** Sinks that would write into the data directory, where everything is Weir's own. */
export function sinksInData(data: string, list: readonly SinkSettings[]): SinkMistake[] {
  const inside = resolve(data);
  return list.flatMap((settings, index) =>
    sinkTypeOf(settings)
      .directories(settings)
      .filter((directory) => isWithin(inside, directory))
      .map((directory) => ({
        path: ['sinks', index, 'path'],
        message: `${directory} is in the data directory ${inside}, where everything is Weir's own: choose a directory outside of it`,
      })),
  );
}

function isWithin(directory: string, path: string): boolean {
  const way = relative(directory, path);
  return way === '' || (way !== '..' && !way.startsWith(`..${sep}`) && resolve(directory, way) === path);
}
