// Compressing what is written, piece by piece: each piece is a gzip member (RFC 1952, section 2.2) or a zstd frame (RFC 8878, section 3) of its
// own. So a file may be cut behind any piece and is whole, which is what happens after a kill.
import { promisify } from 'node:util';
import { constants, gzip, zstdCompress } from 'node:zlib';
import type { FilesSettings } from './settings.ts';

export interface Compression {
  /** Behind the format's ending. */
  readonly extension: string;
  compress(bytes: Buffer): Promise<Buffer> | Buffer;
}

const gzipped = promisify(gzip);
const zstandard = promisify(zstdCompress);

/** Level 1: pieces are a megabyte, in which higher levels find little more for a multiple of the time. */
const ZSTD = { params: { [constants.ZSTD_c_compressionLevel]: 1, [constants.ZSTD_c_checksumFlag]: 1 } };

export const COMPRESSION: Readonly<Record<FilesSettings['compression'], Compression>> = {
  none: { extension: '', compress: (bytes) => bytes },
  gzip: { extension: '.gz', compress: (bytes) => gzipped(bytes, { level: 1 }) },
  zstd: { extension: '.zst', compress: (bytes) => zstandard(bytes, ZSTD) },
};
