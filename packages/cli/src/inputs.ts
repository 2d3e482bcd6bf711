// Files that commands read: opened with an error a user understands, `-` for standard input.
import { open } from 'node:fs/promises';
import { CliError } from './command.ts';

/** Chunks of a file or of standard input. Rejects with CliError `usage` for a file that cannot be opened. */
export async function chunksOf(path: string): Promise<AsyncIterable<Uint8Array>> {
  if (path === '-') return process.stdin;
  try {
    const file = await open(path);
    if ((await file.stat()).isDirectory()) {
      await file.close();
      throw new CliError('usage', `${path} is a directory`);
    }
    return file.createReadStream({ highWaterMark: 1 << 20 });
  } catch (error) {
    throw error instanceof CliError ? error : new CliError('usage', `cannot read ${path}: ${reason(error)}`);
  }
}

/** A whole file. */
export async function bytesOf(path: string): Promise<Uint8Array<ArrayBuffer>> {
  const parts: Uint8Array[] = [];
  for await (const part of await chunksOf(path)) parts.push(part);
  return new Uint8Array(Buffer.concat(parts));
}

function reason(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  if (code === 'ENOENT') return 'there is no such file';
  if (code === 'EACCES') return 'permission denied';
  return error instanceof Error ? error.message : String(error);
}
