// Checksums of what lies in the spool: xxHash (XXH64), which tells any change by chance; it is no protection against intent. Each block has
// one in the manifest, and the manifest has one of itself, so that the file as a whole is covered.
import { createRequire } from 'node:module';

/** The native module has no exports that an import could name. */
const { Xxh64, xxh64 } = createRequire(import.meta.url)('@node-rs/xxhash') as typeof import('@node-rs/xxhash');

/** What manifests call this checksum. */
export const CHECKSUM = 'xxh64';

const hex = (sum: bigint): string => sum.toString(16).padStart(16, '0');

/** Checksum of bytes that come in pieces. */
export class Checksum {
  readonly #state = new Xxh64();

  update(part: NodeJS.ArrayBufferView): void {
    this.#state.update(Buffer.from(part.buffer as ArrayBuffer, part.byteOffset, part.byteLength));
  }

  /** 16 hexadecimal digits. */
  digest(): string {
    return hex(this.#state.digest());
  }
}

/** Checksum of a text, 16 hexadecimal digits. */
export function textChecksum(text: string): string {
  return hex(xxh64(text));
}
