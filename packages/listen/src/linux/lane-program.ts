// Which socket of a port gets a datagram: a classic BPF program that the kernel runs for each, on the source address alone, so that an
// exporter whose source port changes (most do, at every restart) keeps the lane that holds its templates.
import { isIPv4 } from '@weir/record';
import {
  ADD,
  assemble,
  type Instruction,
  JUMP,
  JUMP_EQUAL,
  LOAD_BYTE,
  LOAD_MEMORY,
  LOAD_MEMORY_X,
  LOAD_WORD,
  MODULO,
  MULTIPLY,
  NETWORK,
  RETURN,
  RETURN_A,
  RIGHT_SHIFT,
  STORE_MEMORY,
  XOR_X,
} from './classic-bpf.ts';

/** Fibonacci hashing: spreads addresses that differ by a constant step, as nodes' often do. */
const SPREAD = 0x9e3779b1;
/** Offset of the source address in the IPv4 header (RFC 791) and the IPv6 header (RFC 8200). */
const IPV4_SOURCE = 12;
const IPV6_SOURCE = 8;

/** Addresses that a program can divert: each takes up to nine of the 4,096 instructions that the kernel allows. */
export const DIVERTED_CAP = 128;
// Jumps to the two ends of the program, before it is known where those lie.
const TO_LANE = -1;
const TO_SPARE = -2;

/**
 * The program as an array of struct sock_filter. It returns the index of a socket in the group of SO_REUSEPORT, which is the order in
 * which the sockets were bound: of the lane that the source address hashes to, or with `diverted` addresses, of that lane's spare
 * socket, `lanes` further on. `diverted`: four words per address, as in DatagramBatch.
 */
export function laneProgram(lanes: number, diverted: Uint32Array = new Uint32Array(0)): Uint8Array<ArrayBuffer> {
  if (lanes === 1 && diverted.length === 0) return assemble([{ code: RETURN, k: 0 }]);
  const addresses = Array.from({ length: Math.min(DIVERTED_CAP, diverted.length / 4) }, (_, i) => i * 4);
  const ipv4 = ipv4Branch(diverted, addresses);
  const ipv6 = ipv6Branch(diverted, addresses);
  const lane: Instruction[] = [
    { code: MULTIPLY, k: SPREAD },
    { code: RIGHT_SHIFT, k: 16 },
    { code: MODULO, k: lanes },
  ];
  const program: Instruction[] = [
    { code: LOAD_BYTE, k: NETWORK },
    { code: RIGHT_SHIFT, k: 4 },
    { code: JUMP_EQUAL, k: 6, whenTrue: 0, whenFalse: 1 },
    { code: JUMP, k: ipv4.length },
    ...ipv4,
    ...ipv6,
    ...lane,
    { code: RETURN_A, k: 0 },
  ];
  const spare = program.length;
  program.push({ code: LOAD_MEMORY, k: 0 }, ...lane, { code: ADD, k: lanes }, { code: RETURN_A, k: 0 });
  const choose = 4 + ipv4.length + ipv6.length;
  return assemble(
    program.map((instruction, at) => {
      if (instruction.code !== JUMP || instruction.k >= 0) return instruction;
      return { code: JUMP, k: (instruction.k === TO_LANE ? choose : spare) - at - 1 };
    }),
  );
}

/** Ends with the source address in A and in the first cell of memory, or jumps. */
function ipv4Branch(diverted: Uint32Array, addresses: readonly number[]): Instruction[] {
  const branch: Instruction[] = [
    { code: LOAD_WORD, k: NETWORK + IPV4_SOURCE },
    { code: STORE_MEMORY, k: 0 },
  ];
  for (const at of addresses) {
    if (!isIPv4(diverted, at)) continue;
    branch.push(
      { code: JUMP_EQUAL, k: hostOrder(diverted[at + 3]), whenTrue: 0, whenFalse: 1 },
      { code: JUMP, k: TO_SPARE },
    );
  }
  branch.push({ code: JUMP, k: TO_LANE });
  return branch;
}

/** Ends with the four words of the source address folded into one, in A and in the first cell of memory, or jumps. */
function ipv6Branch(diverted: Uint32Array, addresses: readonly number[]): Instruction[] {
  const branch: Instruction[] = [{ code: LOAD_WORD, k: NETWORK + IPV6_SOURCE }];
  for (let word = 1; word < 4; word++) {
    branch.push(
      { code: STORE_MEMORY, k: 0 },
      { code: LOAD_WORD, k: NETWORK + IPV6_SOURCE + word * 4 },
      { code: LOAD_MEMORY_X, k: 0 },
      { code: XOR_X, k: 0 },
    );
  }
  branch.push({ code: STORE_MEMORY, k: 0 });
  for (const at of addresses) {
    if (isIPv4(diverted, at)) continue;
    const words = [...diverted.subarray(at, at + 4)].map(hostOrder);
    // What is folded is compared first: it is at hand. Anyone can find an address that folds to the same, so then the words are.
    const same: Instruction[] = [];
    for (let word = 0; word < 3; word++) {
      const rest = (2 - word) * 2 + 1;
      same.push(
        { code: LOAD_WORD, k: NETWORK + IPV6_SOURCE + word * 4 },
        { code: JUMP_EQUAL, k: words[word], whenTrue: 0, whenFalse: rest },
      );
    }
    same.push({ code: JUMP, k: TO_SPARE }, { code: LOAD_MEMORY, k: 0 });
    const folded = words.reduce((fold, word) => fold ^ word, 0);
    branch.push({ code: JUMP_EQUAL, k: folded, whenTrue: 0, whenFalse: same.length }, ...same);
  }
  return branch;
}

/** Address words are read from memory as they lie there, in network order. */
function hostOrder(word: number): number {
  return (word >>> 24) | ((word >>> 8) & 0xff00) | ((word << 8) & 0xff0000) | (word << 24);
}
