import { fork } from 'node:child_process';
import { once } from 'node:events';
import { pino } from 'pino';
import { afterEach, describe, expect, it } from 'vitest';
import type { FromChild } from '../child.ts';
import { loadConfig } from '../config/load.ts';
import type { Config } from '../config/schema.ts';
import { ManagedChild } from './managed-child.ts';

const directories = { data: '/nonexistent', spool: '/nonexistent', store: '/nonexistent' };
const children: ManagedChild[] = [];

function child(
  behaviour: string | (() => string),
  hooks: { onMessage?(message: FromChild): void; onDown?(reason: string, wait: number): void },
): ManagedChild {
  const config = (): Config => ({
    ...loadConfig({ env: {}, flags: { 'store.query.concurrency': '20' } }),
    collector: typeof behaviour === 'string' ? behaviour : behaviour(),
  });
  const made = new ManagedChild(
    {
      name: 'child',
      module: new URL('./testdata/child.ts', import.meta.url),
      start: () => ({ type: 'start', config: config(), directories, httpSocket: '/nonexistent' }),
      log: pino({ level: 'silent' }),
    },
    { onMessage: hooks.onMessage ?? (() => {}), onDown: hooks.onDown ?? (() => {}) },
  );
  children.push(made);
  return made;
}

const ready = (behaviour: string) =>
  new Promise<ManagedChild>((resolve) => {
    const made: ManagedChild = child(behaviour, {
      onMessage: (message) => {
        if (message.type === 'ready') resolve(made);
      },
    });
    made.start();
  });

afterEach(async () => {
  await Promise.all(children.splice(0).map((made) => made.stop(100)));
});

describe('a supervised process', () => {
  it('goes by itself when told to stop', async () => {
    const made = await ready('good');
    expect(await made.stop(5000)).toBe(true);
    expect(made.pid).toBeUndefined();
  });

  it('is killed when it does not go in time', async () => {
    const made = await ready('hangs');
    expect(await made.stop(200)).toBe(false);
    expect(made.pid).toBeUndefined();
  });

  it('is tried again when it cannot even be started', async () => {
    const { execPath } = process;
    const reasons: string[] = [];
    try {
      await new Promise<void>((resolve) => {
        const made: ManagedChild = child('good', {
          onMessage: (message) => {
            if (message.type === 'ready') resolve();
          },
          onDown: (reason) => {
            if (reasons.push(reason) === 2) process.execPath = execPath;
          },
        });
        process.execPath = '/nonexistent/node';
        made.start();
      });
    } finally {
      process.execPath = execPath;
    }
    expect(reasons).toEqual(new Array(2).fill('child cannot be started: spawn /nonexistent/node ENOENT'));
  });

  it('is started again when it dies, later each time', async () => {
    const waits: number[] = [];
    await new Promise<void>((resolve) => {
      const made = child('dies', {
        onDown: (reason, wait) => {
          expect(reason).toBe('child ended (exit 7)');
          if (waits.push(wait) === 3) resolve();
        },
      });
      made.start();
    });
    expect(waits).toEqual([200, 400, 800]);
  });

  it('is said to be down with the reason it gave', async () => {
    const reason = await new Promise<string>((resolve) => child('says-why', { onDown: resolve }).start());
    expect(reason).toBe('child ended (exit 1): the data are corrupt');
  });

  it('has threads for all queries that may run, and for inserts beside them', async () => {
    const reason = await new Promise<string>((resolve) => child('threads', { onDown: resolve }).start());
    expect(reason).toBe('child ended (exit 1): 32 threads');
  });

  it('ends the program with a mistake at the start only, not once everything ran', async () => {
    const atStart = await new Promise<FromChild>((resolve) => child('misconfigured', { onMessage: resolve }).start());
    expect(atStart).toMatchObject({ type: 'fatal', code: 'config_invalid' });

    const messages: FromChild['type'][] = [];
    const behaviours = ['good', 'misconfigured', 'good'];
    const down: string[] = [];
    await new Promise<void>((resolve) => {
      const made: ManagedChild = child(() => behaviours.shift() ?? 'good', {
        onMessage: ({ type }) => {
          if (type === 'prepared') return;
          if (messages.push(type) === 1) process.kill(made.pid ?? 0, 'SIGKILL');
          else resolve();
        },
        onDown: (reason) => down.push(reason),
      });
      made.start();
    });
    expect(messages).toEqual(['ready', 'ready']);
    expect(down).toEqual([
      expect.stringMatching(/^child ended \(SIGKILL[:,] .*\)$/),
      'child ended (exit 1): the inventory is wrong',
    ]);
  });

  it('is started again after kill -9', async () => {
    const down: string[] = [];
    let starts = 0;
    await new Promise<void>((resolve) => {
      const made: ManagedChild = child('good', {
        onMessage: ({ type }) => {
          if (type === 'prepared') return;
          if (++starts === 1) process.kill(made.pid ?? 0, 'SIGKILL');
          else resolve();
        },
        onDown: (reason) => down.push(reason),
      });
      made.start();
    });
    expect(down).toEqual([expect.stringMatching(/^child ended \(SIGKILL[:,] .*\)$/)]);
  });

  it('is killed and started again when it hangs, which is said', { timeout: 60_000 }, async () => {
    const down: string[] = [];
    let starts = 0;
    await new Promise<void>((resolve) => {
      const made: ManagedChild = child('good', {
        onMessage: ({ type }) => {
          if (type === 'prepared') return;
          if (++starts === 1) process.kill(made.pid ?? 0, 'SIGSTOP');
          else resolve();
        },
        onDown: (reason) => down.push(reason),
      });
      made.start();
    });
    expect(down).toEqual([
      expect.stringMatching(/^child ended \(SIGKILL.*\): it did not answer for 10 s and was killed$/),
    ]);
  });

  it('goes by itself when the supervisor dies', async () => {
    const orphan = fork(new URL('./testdata/child.ts', import.meta.url), {
      execArgv: ['--disable-warning=ExperimentalWarning'],
    });
    const config = { ...loadConfig({ env: {}, flags: {} }), collector: 'good' };
    const said: FromChild['type'][] = [];
    const ready = new Promise<void>((resolve) =>
      orphan.on('message', ({ type }: FromChild) => {
        said.push(type);
        if (type === 'ready') resolve();
      }),
    );
    orphan.send({ type: 'start', config, directories, httpSocket: '/nonexistent' });
    await ready;
    const gone = once(orphan, 'exit');
    orphan.disconnect();
    expect((await gone)[0]).toBe(0);
    expect(said).toEqual(['prepared', 'ready']);
  });

  it('is replaced by a new run that begins when the old one has let go, and the old one ends', async () => {
    const messages: FromChild['type'][] = [];
    const down: string[] = [];
    const made: ManagedChild = child('good', {
      onMessage: ({ type }) => messages.push(type),
      onDown: (reason) => down.push(reason),
    });
    made.start();
    while (!messages.includes('ready')) await new Promise((resolve) => setTimeout(resolve, 5));
    const before = made.pid ?? 0;
    messages.splice(0);
    await made.replace(5000);
    while (!messages.includes('ready')) await new Promise((resolve) => setTimeout(resolve, 5));
    expect(made.pid).not.toBe(before);
    expect(() => process.kill(before, 0)).toThrow('ESRCH');
    expect([down, made.restarts]).toEqual([[], 0]);
  });

  it('goes on as it is when a new run cannot be made ready, which says why', async () => {
    const behaviours = ['good', 'misconfigured', 'says-why'];
    let isReady = false;
    const made: ManagedChild = child(() => behaviours.shift() ?? 'good', {
      onMessage: ({ type }) => {
        isReady ||= type === 'ready';
      },
    });
    made.start();
    while (!isReady) await new Promise((resolve) => setTimeout(resolve, 5));
    const { pid } = made;
    await expect(made.replace(5000)).rejects.toThrow('the inventory is wrong');
    await expect(made.replace(5000)).rejects.toThrow('child ended (exit 1): the data are corrupt');
    expect(made.pid).toBe(pid);
    expect(process.kill(pid ?? 0, 0)).toBe(true);
  });
});
