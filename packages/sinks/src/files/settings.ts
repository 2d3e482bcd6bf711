// What is configured of files, as a person writes it.
import { duration, size } from '@weir/config';
import { z } from 'zod';

export const FORMATS = ['ndjson', 'csv'] as const;
export const COMPRESSIONS = ['none', 'gzip', 'zstd'] as const;

const rotate = z.strictObject({
  size: size
    .refine((bytes) => bytes >= 65_536, 'a file cannot be smaller than 64KiB')
    .prefault('256MiB')
    .describe('A file is complete with this many bytes'),
  age: duration
    .refine((ms) => ms >= 1000, 'a file cannot be completed within less than 1s')
    .prefault('15m')
    .describe('A file is complete this long after its first flow'),
});

const keep = z.strictObject({
  age: duration.optional().describe('Complete files are removed after Weir has run this long since'),
  size: size.optional().describe('Bytes of complete files; over it the oldest are removed'),
});

export const FILES_SETTINGS = {
  path: z.string().min(1).describe('Directory of the files; made if it is not there'),
  format: z.enum(FORMATS).prefault('ndjson').describe('NDJSON or CSV'),
  compression: z.enum(COMPRESSIONS).prefault('none').describe('How files are compressed'),
  spool_file: z
    .boolean()
    .prefault(false)
    .describe('Give every flow the name of the spool file it is from, as spool_file'),
  rotate: rotate.prefault({}).describe('When a file is complete and gets its final name'),
  keep: keep.prefault({}).describe('Which complete files are removed; by default none'),
};

const schema = z.strictObject(FILES_SETTINGS);
export type FilesSettings = z.output<typeof schema>;
