// Which lane gets a datagram: a classic BPF program that the kernel runs for each, on the source address alone, so that an exporter
// whose source port changes (most do, at every restart) keeps the lane that holds its templates.
import { type Libc, type Memory, SO_ATTACH_REUSEPORT_CBPF, SOL_SOCKET } from '@weir/libc';

/** The kernel's SKF_NET_OFF: offsets from here on address the network header. */
const NETWORK = -0x100000;

// Opcodes of <linux/bpf_common.h>: class | size or operation | mode or source.
const LOAD_BYTE = 0x30;
const LOAD_WORD = 0x20;
const LOAD_MEMORY_X = 0x61;
const STORE_MEMORY = 0x02;
const RIGHT_SHIFT = 0x74;
const MULTIPLY = 0x24;
const MODULO = 0x94;
const XOR_X = 0xac;
const JUMP_EQUAL = 0x15;
const JUMP = 0x05;
const RETURN_A = 0x16;

/** Fibonacci hashing: spreads addresses that differ by a constant step, as nodes' often do. */
const SPREAD = 0x9e3779b1;
/** Offset of the source address in the IPv4 header (RFC 791) and the IPv6 header (RFC 8200). */
const IPV4_SOURCE = 12;
const IPV6_SOURCE = 8;

interface Instruction {
  readonly code: number;
  readonly k: number;
  readonly whenTrue?: number;
  readonly whenFalse?: number;
}

/**
 * The program as an array of struct sock_filter (8 bytes each). It returns the index of a socket in the group of
 * SO_REUSEPORT, which is the order in which the sockets were bound and need not be the lane's number.
 */
export function laneProgram(lanes: number): Uint8Array<ArrayBuffer> {
  const ipv6: Instruction[] = [{ code: LOAD_WORD, k: NETWORK + IPV6_SOURCE }];
  for (let word = 1; word < 4; word++) {
    ipv6.push(
      { code: STORE_MEMORY, k: 0 },
      { code: LOAD_WORD, k: NETWORK + IPV6_SOURCE + word * 4 },
      { code: LOAD_MEMORY_X, k: 0 },
      { code: XOR_X, k: 0 },
    );
  }
  const ipv4: Instruction[] = [
    { code: LOAD_WORD, k: NETWORK + IPV4_SOURCE },
    { code: JUMP, k: ipv6.length },
  ];
  const program: Instruction[] = [
    { code: LOAD_BYTE, k: NETWORK },
    { code: RIGHT_SHIFT, k: 4 },
    { code: JUMP_EQUAL, k: 6, whenTrue: ipv4.length, whenFalse: 0 },
    ...ipv4,
    ...ipv6,
    { code: MULTIPLY, k: SPREAD },
    { code: RIGHT_SHIFT, k: 16 },
    { code: MODULO, k: lanes },
    { code: RETURN_A, k: 0 },
  ];
  const bytes = new Uint8Array(program.length * 8);
  const view = new DataView(bytes.buffer);
  for (const [index, { code, k, whenTrue = 0, whenFalse = 0 }] of program.entries()) {
    view.setUint16(index * 8, code, true);
    view.setUint8(index * 8 + 2, whenTrue);
    view.setUint8(index * 8 + 3, whenFalse);
    view.setInt32(index * 8 + 4, k | 0, true);
  }
  return bytes;
}

/** struct sock_fprog: count (u16), padding, pointer to the instructions. */
const FPROG = 16;
/** BPF_MAXINSNS instructions of 8 bytes. */
const LONGEST = 4096 * 8;

/** Where a program lies while the kernel copies it; made once per thread, since nothing frees it. */
let scratch: Memory | undefined;

/**
 * Gives the whole SO_REUSEPORT group of `fd` this program, instead of the one it had. Returns the system's name of the error, or
 * undefined.
 */
export function attachToGroup(libc: Libc, fd: number, program: Uint8Array): string | undefined {
  scratch ??= libc.allocate(FPROG + LONGEST);
  const { address, memory } = scratch;
  new Uint8Array(memory).set(program, FPROG);
  const view = new DataView(memory);
  view.setUint16(0, program.length / 8, true);
  view.setBigUint64(8, address + BigInt(FPROG), true);
  const fprog = new Uint8Array(memory, 0, FPROG);
  return libc.setsockopt(fd, SOL_SOCKET, SO_ATTACH_REUSEPORT_CBPF, fprog, FPROG) === 0 ? undefined : libc.errno();
}
