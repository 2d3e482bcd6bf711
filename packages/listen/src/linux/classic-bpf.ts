// Classic BPF, as far as choosing a socket by source address needs it: instructions, and giving a program to a group of sockets.
import { type Libc, type Memory, SO_ATTACH_REUSEPORT_CBPF, SOL_SOCKET } from '@weir/libc';

/** The kernel's SKF_NET_OFF: offsets from here on address the network header. */
export const NETWORK = -0x100000;

// Opcodes of <linux/bpf_common.h>: class | size or operation | mode or source.
export const LOAD_BYTE = 0x30;
export const LOAD_WORD = 0x20;
export const LOAD_MEMORY = 0x60;
export const LOAD_MEMORY_X = 0x61;
export const STORE_MEMORY = 0x02;
export const ADD = 0x04;
export const RIGHT_SHIFT = 0x74;
export const MULTIPLY = 0x24;
export const MODULO = 0x94;
export const XOR_X = 0xac;
export const JUMP_EQUAL = 0x15;
export const JUMP = 0x05;
export const RETURN = 0x06;
export const RETURN_A = 0x16;

/** BPF_MAXINSNS. */
const LONGEST = 4096;
/** struct sock_filter. */
const INSTRUCTION = 8;
/** struct sock_fprog: count (u16), padding, pointer to the instructions. */
const FPROG = 16;

export interface Instruction {
  readonly code: number;
  readonly k: number;
  readonly whenTrue?: number;
  readonly whenFalse?: number;
}

/** An array of struct sock_filter. */
export function assemble(program: readonly Instruction[]): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(program.length * INSTRUCTION);
  const view = new DataView(bytes.buffer);
  for (const [index, { code, k, whenTrue = 0, whenFalse = 0 }] of program.entries()) {
    view.setUint16(index * INSTRUCTION, code, true);
    view.setUint8(index * INSTRUCTION + 2, whenTrue);
    view.setUint8(index * INSTRUCTION + 3, whenFalse);
    view.setInt32(index * INSTRUCTION + 4, k | 0, true);
  }
  return bytes;
}

/** Where a program lies while the kernel copies it; made once per thread, since nothing frees it. */
let scratch: Memory | undefined;

/**
 * Gives the whole SO_REUSEPORT group of `fd` this program, instead of the one it had. Returns the system's name of the error, or
 * undefined.
 */
export function attachToGroup(libc: Libc, fd: number, program: Uint8Array): string | undefined {
  scratch ??= libc.allocate(FPROG + LONGEST * INSTRUCTION);
  const { address, memory } = scratch;
  new Uint8Array(memory).set(program, FPROG);
  const view = new DataView(memory);
  view.setUint16(0, program.length / INSTRUCTION, true);
  view.setBigUint64(8, address + BigInt(FPROG), true);
  const fprog = new Uint8Array(memory, 0, FPROG);
  return libc.setsockopt(fd, SOL_SOCKET, SO_ATTACH_REUSEPORT_CBPF, fprog, FPROG) === 0 ? undefined : libc.errno();
}
