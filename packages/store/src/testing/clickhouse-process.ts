// For tests: a ClickHouse server in a process of its own, out of the library that the embedded store is: libchdb has `clickhouse local`, which
// listens when it is told to. Arguments: the directory, the ports of HTTP and of the native protocol. It ends with whoever forked it.
//
// ClickHouse wants to be on the stack that its thread began with, and a call through koffi is on one of koffi's. So a thread is made
// whose first function is setcontext(3), with a context (makecontext(3)) that calls ClickHouse on the lower part of that thread's stack.
import { createRequire } from 'node:module';

const MIB = 1024 * 1024;
/** What a thread of ClickHouse has at least, and room above it for thread-local storage. */
const STACK_BYTES = 16 * MIB;
const ABOVE_BYTES = 4 * MIB;
/** A ucontext_t has less on all architectures of glibc; its stack_t is the third member: pointer, flags, size. */
const CONTEXT_BYTES = 16_384;
const CONTEXT_STACK = { address: 16, size: 32 } as const;
/** A pthread_attr_t has 56 bytes, or 64. */
const ATTRIBUTE_BYTES = 128;

/** The last statement never ends: a row in every second, none of them shown. The server listens for as long as it runs. */
const STATEMENTS = [
  'SYSTEM START LISTEN HTTP',
  'SYSTEM START LISTEN TCP',
  'SELECT sleepEachRow(1) FROM system.numbers SETTINGS max_block_size = 1, max_threads = 1 FORMAT Null',
];

const require = createRequire(import.meta.url);
const koffi = require('koffi') as typeof import('koffi');
const { libchdbPath } = require('chdb/libchdb') as { libchdbPath(): string };

const [dir, httpPort, tcpPort] = process.argv.slice(2);
const args = [
  'clickhouse',
  `--path=${dir}`,
  '--listen_host=127.0.0.1',
  `--http_port=${httpPort}`,
  `--tcp_port=${tcpPort}`,
  '--max_memory_usage=1000000000',
  '--query',
  STATEMENTS.join('; '),
];

const libc = koffi.load(null);
const getcontext = libc.func('int getcontext(void *context)');
const makecontext = libc.func('void makecontext(void *context, void *function, int arguments, ...)');
const attributesInit = libc.func('int pthread_attr_init(void *attributes)');
const setStack = libc.func('int pthread_attr_setstack(void *attributes, void *address, size_t size)');
const createThread = libc.func('int pthread_create(void *thread, void *attributes, void *start, void *argument)');

const stack = koffi.alloc('uint8_t', STACK_BYTES);
const context = koffi.alloc('uint8_t', CONTEXT_BYTES);
const attributes = koffi.alloc('uint8_t', ATTRIBUTE_BYTES);
const thread = koffi.alloc('uint64_t', 1);

/** The texts and their addresses, as main(argc, argv) has them. Never freed. */
function argumentVector(): bigint {
  const vector = koffi.alloc('uint64_t', args.length + 1);
  const addresses = new BigUint64Array(koffi.view(vector, (args.length + 1) * 8));
  for (const [index, text] of args.entries()) {
    const bytes = Buffer.from(`${text}\0`);
    const copy = koffi.alloc('uint8_t', bytes.length);
    new Uint8Array(koffi.view(copy, bytes.length)).set(bytes);
    addresses[index] = koffi.address(copy);
  }
  return koffi.address(vector);
}

const clickhouse = koffi.load(libchdbPath()).symbol('chdb_query_cmdline');
getcontext(context);
const view = new DataView(koffi.view(context, CONTEXT_BYTES));
view.setBigUint64(CONTEXT_STACK.address, koffi.address(stack), true);
view.setBigUint64(CONTEXT_STACK.size, BigInt(STACK_BYTES - ABOVE_BYTES), true);
makecontext(context, clickhouse, 2, 'int', args.length, 'uintptr_t', argumentVector());
attributesInit(attributes);
setStack(attributes, stack, STACK_BYTES);
createThread(thread, attributes, libc.symbol('setcontext'), context);

// Nothing of the directory is needed any more: there is no need to end in order, which takes seconds.
process.once('disconnect', () => process.kill(process.pid, 'SIGKILL'));
