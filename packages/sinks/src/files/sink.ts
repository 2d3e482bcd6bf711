// Files as a kind of sink: from settings to a destination.
import { resolve } from 'node:path';
import { parseFilter } from '@weir/query/language';
import { compileMatcher } from '@weir/query/matcher';
import { z } from 'zod';
import { flowColumns } from '../flow-record.ts';
import { COMMON_SETTINGS, fields } from '../settings.ts';
import type { SinkType } from '../sink.ts';
import { COMPRESSION } from './compression.ts';
import { csv } from './csv.ts';
import { FilesDestination } from './destination.ts';
import { ndjson } from './ndjson.ts';
import { FILES_SETTINGS } from './settings.ts';

const settings = z.strictObject({
  type: z.literal('files').describe('Files in a directory'),
  ...COMMON_SETTINGS,
  fields,
  ...FILES_SETTINGS,
});

const ENCODINGS = { ndjson, csv };

export const filesSink = {
  settings,
  directories: ({ path }) => [resolve(path)],
  open(given, { names, log }) {
    const { ast } = parseFilter(given.filter);
    return new FilesDestination({
      sink: given.name,
      path: resolve(given.path),
      encoding: ENCODINGS[given.format](flowColumns(given.fields), given.spool_file),
      compression: COMPRESSION[given.compression],
      condition: ast === undefined ? undefined : compileMatcher(ast),
      rotate: given.rotate,
      keep: given.keep,
      names,
      log,
    });
  },
} satisfies SinkType<z.output<typeof settings>> & { settings: typeof settings };
