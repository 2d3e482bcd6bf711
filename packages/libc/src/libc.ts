// The few calls of the C library that are needed, and the numbers of the Linux ABI that go with them.
import { createRequire } from 'node:module';
import { arch, endianness, platform } from 'node:os';

export const AF_INET = 2;
export const AF_INET6 = 10;
export const SOCK_STREAM = 1;
export const SOCK_DGRAM = 2;
/** Not inherited by the store process. */
export const SOCK_CLOEXEC = 0o2000000;
export const IPPROTO_UDP = 17;
export const IPPROTO_IPV6 = 41;
export const IPV6_V6ONLY = 26;
/** The generic option numbers; MIPS, SPARC and PA-RISC have others and get the dgram backend. */
export const SOL_SOCKET = 1;
export const SO_TYPE = 3;
export const SO_RCVBUF = 8;
export const SO_REUSEPORT = 15;
export const SO_ACCEPTCONN = 30;
export const SO_RCVBUFFORCE = 33;
export const SO_TIMESTAMPNS = 35;
export const SO_PROTOCOL = 38;
export const SO_DOMAIN = 39;
export const SO_RXQ_OVFL = 40;
export const SO_ATTACH_REUSEPORT_CBPF = 51;
export const SO_MEMINFO = 55;
const F_DUPFD_CLOEXEC = 1030;
/** Descriptors below are standard input, output and error. */
const FIRST_FREE = 3;
export const SO_BINDTOIFINDEX = 62;
export const MSG_DONTWAIT = 0x40;
export const MSG_TRUNC = 0x20;

/** Memory outside the JavaScript heap. */
export interface Memory {
  readonly address: bigint;
  readonly memory: ArrayBuffer;
}

export interface Libc {
  socket(domain: number, type: number, protocol: number): number;
  bind(fd: number, address: Uint8Array, length: number): number;
  getsockname(fd: number, address: Uint8Array, length: Uint32Array): number;
  setsockopt(fd: number, level: number, name: number, value: Uint8Array | Uint32Array, length: number): number;
  getsockopt(fd: number, level: number, name: number, value: Uint32Array, length: Uint32Array): number;
  /** `headers`: address of `count` struct mmsghdr in memory from `allocate`. Returns how many were filled, -1 with errno. */
  recvmmsg(fd: number, headers: bigint, count: number, flags: number, timeout: null): number;
  close(fd: number): number;
  /** A second descriptor of the same file, closed on exec; -1 with errno. */
  duplicate(fd: number): number;
  /** Closes the descriptor in programs that this process starts (FD_CLOEXEC). */
  closeOnExec(fd: number): number;
  dup2(fd: number, as: number): number;
  /** A file in memory that no folder has. */
  memfd_create(name: string, flags: number): number;
  flock(fd: number, operation: number): number;
  /** Returns the number of the error, 0 for none. */
  posix_fallocate(fd: number, offset: number, bytes: number): number;
  /** Maps a file from its beginning; undefined when that fails, with errno. */
  mmap(bytes: number, protection: number, flags: number, fd: number): Memory | undefined;
  munmap(address: bigint, bytes: number): number;
  syncfs(fd: number): number;
  /** Of the last call in this thread, as a name such as `EAGAIN`. */
  errno(): string;
  /** Name of an error's number. */
  errnoName(errno: number): string;
  /** Memory that stays where it is until the process ends. Nothing frees it: the kernel and views keep pointing into it. */
  allocate(bytes: number): Memory;
  /** Watches a descriptor through the thread's event loop. `callback` comes as long as a datagram waits, until stopped. */
  watch(fd: number): ReadableWatch;
}

export interface ReadableWatch {
  start(callback: () => void): void;
  stop(): void;
  close(): void;
}

const F_SETFD = 2;
const FD_CLOEXEC = 1;
/** What mmap answers when it fails: (void *) -1. */
const MAP_FAILED = 0xffff_ffff_ffff_ffffn;

type Koffi = typeof import('koffi');

const ARCHITECTURES = new Set(['x64', 'arm64', 'riscv64', 'loong64', 'ppc64']);

let loaded: Libc | Error | undefined;

/** Why the C library cannot be called here, as a sentence; undefined when it can. */
export function libcUnavailable(): string | undefined {
  if (platform() !== 'linux') return 'the calls of Linux are needed';
  if (!ARCHITECTURES.has(arch()) || endianness() !== 'LE') return `the calls of Linux are not known for ${arch()}`;
  try {
    libc();
    return undefined;
  } catch (error) {
    return `the C library cannot be called: ${(error as Error).message}`;
  }
}

/** Loaded on first use, so that other systems never load koffi. Throws what koffi throws. */
export function libc(): Libc {
  if (loaded === undefined) {
    try {
      loaded = load();
    } catch (error) {
      loaded = error as Error;
    }
  }
  if (loaded instanceof Error) throw loaded;
  return loaded;
}

function load(): Libc {
  const koffi = createRequire(import.meta.url)('koffi') as Koffi;
  // The process itself: its C library, whichever that is (glibc, musl).
  const library = koffi.load(null);
  const names = new Map(Object.entries(koffi.os.errno).map(([name, number]) => [number, name]));
  const errnoName = (errno: number) => names.get(errno) ?? `errno ${errno}`;
  const memoryAt = (pointer: unknown, bytes: number): Memory => ({
    address: koffi.address(pointer),
    memory: koffi.view(pointer, bytes),
  });
  const fcntl = library.func('int fcntl(int, int, ...)');
  const mmap = library.func('void *mmap(void *, size_t, int, int, int, int64_t)');
  return {
    socket: library.func('int socket(int, int, int)'),
    bind: library.func('int bind(int, const void *, unsigned int)'),
    getsockname: library.func('int getsockname(int, _Out_ void *, _Inout_ unsigned int *)'),
    setsockopt: library.func('int setsockopt(int, int, int, const void *, unsigned int)'),
    getsockopt: library.func('int getsockopt(int, int, int, _Out_ void *, _Inout_ unsigned int *)'),
    recvmmsg: library.func('int recvmmsg(int, void *, unsigned int, int, void *)'),
    close: library.func('int close(int)'),
    duplicate: (fd) => fcntl(fd, F_DUPFD_CLOEXEC, 'int', FIRST_FREE),
    closeOnExec: (fd) => fcntl(fd, F_SETFD, 'int', FD_CLOEXEC),
    dup2: library.func('int dup2(int, int)'),
    memfd_create: library.func('int memfd_create(const char *, unsigned int)'),
    flock: library.func('int flock(int, int)'),
    posix_fallocate: library.func('int posix_fallocate(int, int64_t, int64_t)'),
    mmap(bytes, protection, flags, fd) {
      const pointer: unknown = mmap(null, bytes, protection, flags, fd, 0);
      return koffi.address(pointer) === MAP_FAILED ? undefined : memoryAt(pointer, bytes);
    },
    munmap: library.func('int munmap(uintptr_t, size_t)'),
    syncfs: library.func('int syncfs(int)'),
    errno: () => errnoName(koffi.errno()),
    errnoName,
    allocate: (bytes) => memoryAt(koffi.alloc('uint8_t', bytes), bytes),
    watch(fd) {
      const handle = koffi.node.poll(fd, { readable: true }, () => {});
      handle.stop();
      return {
        start: (callback) => handle.start({ readable: true }, callback),
        stop: () => handle.stop(),
        close: () => handle.close(),
      };
    },
  };
}
