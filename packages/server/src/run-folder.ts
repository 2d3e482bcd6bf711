// `<data>/run`: what belongs to the Weir that is running. The socket between its gateway and its storing process, and what both tell of
// themselves. All of it may be deleted while Weir does not run.
import { mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

/** Longest path of a Unix socket: 108 bytes with its end, unix(7). */
const MAX_SOCKET_PATH = 107;

const SOCKET = /^http-[0-9a-f]+\.sock$/;

export const runFolder = (data: string): string => join(data, 'run');

/** Makes the folder. Throws what making it throws. */
export function makeRunFolder(data: string): void {
  mkdirSync(runFolder(data), { recursive: true });
}

export interface HttpSocket {
  readonly path: string;
  /** Removes the socket, and the folder that was made for it. */
  remove(): void;
}

/**
 * A path for the Unix socket of the storing process, another at each start of Weir: an orphan of the last one that goes late removes its
 * own. Below the data directory, or where that makes the path too long in a new folder of this user's alone below `temporary`. Throws
 * what making a folder throws.
 */
export function chooseHttpSocket(data: string, temporary = tmpdir()): HttpSocket {
  makeRunFolder(data);
  const folder = runFolder(data);
  for (const name of readdirSync(folder)) if (SOCKET.test(name)) rmSync(join(folder, name), { force: true });
  const name = `http-${Math.floor(Math.random() * 0xffff_ffff).toString(16)}.sock`;
  const path = join(folder, name);
  if (Buffer.byteLength(path) <= MAX_SOCKET_PATH) return { path, remove: () => rmSync(path, { force: true }) };
  const short = [temporary, '/tmp'].find(
    (base) => Buffer.byteLength(join(base, 'weir-XXXXXX', name)) <= MAX_SOCKET_PATH,
  );
  const made = mkdtempSync(join(short ?? '/tmp', 'weir-'));
  const elsewhere = join(made, name);
  return { path: elsewhere, remove: () => rmSync(dirname(elsewhere), { recursive: true, force: true }) };
}
