// Stores whose definitions are damaged, opened by the real engine.
import { execFile } from 'node:child_process';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openStore, type Store } from '../store.ts';
import { FLOWS, filesBelow, firstFlows, type Harm, harm, StoreCopies } from '../testing/damaged-store.ts';

const copies = new StoreCopies();
beforeAll(() => copies.make());
afterAll(() => copies.remove());

/** Opens the store, hands it on, and closes it. */
async function withStore<T>(path: string, use: (store: Store) => Promise<T>): Promise<T> {
  const store = openStore({ path });
  try {
    await store.migrate();
    return await use(store);
  } finally {
    await store.close();
  }
}

const flowsIn = (path: string) =>
  withStore(path, async (store) => ({
    flows: Number((await store.query('SELECT count() AS rows FROM weir.flows')).rows[0].rows),
    notes: store.openingNotes,
  }));

const definition = (dir: string, name: string) => filesBelow(dir).find((file) => file.endsWith(`/${name}`)) ?? '';

describe('a store with a damaged definition', () => {
  it('needs nothing when it is whole', async () => {
    const dir = copies.copy();
    expect(await flowsIn(dir)).toEqual({ flows: FLOWS, notes: [] });
  });

  const harms: Harm[] = ['flip', 'cut', 'zero', 'remove'];
  it.each(
    ['weir.sql', 'flows.sql', 'exporters_dict.sql', 'rollup_state.sql'].flatMap((file) =>
      harms.map((how) => [file, how] as const),
    ),
  )('opens with its flows and says what it put back: %s, %s', async (file, how) => {
    const dir = copies.copy();
    const path = definition(dir, file);
    const before = readFileSync(join(dir, path), 'utf8');
    harm(join(dir, path), how);
    const note = `the definition ${path} was damaged or gone and was put back from its copy`;
    expect(await flowsIn(dir)).toEqual({ flows: FLOWS, notes: [note] });
    expect(readFileSync(join(dir, path), 'utf8')).toBe(before);
    expect(filesBelow(dir).includes(join('weir-damaged', path))).toBe(how !== 'remove');
  });

  it('finds its table again after the place that a definition names was changed', async () => {
    const dir = copies.copy();
    const path = join(dir, definition(dir, 'flows.sql'));
    writeFileSync(
      path,
      readFileSync(path, 'utf8').replace(/UUID '(.)/, (_, digit) => `UUID '${digit === '0' ? '1' : '0'}`),
    );
    expect((await flowsIn(dir)).flows).toBe(FLOWS);
  });

  it('opens with a damaged note of its format', async () => {
    const dir = copies.copy();
    const formats = filesBelow(dir).filter((file) => file.endsWith('format_version.txt'));
    for (const file of formats) writeFileSync(join(dir, file), '?');
    expect((await flowsIn(dir)).flows).toBe(FLOWS);
  });

  it('opens without what stands in the place of a part', async () => {
    const dir = copies.copy();
    const part = join(dir, dirname(firstFlows(dir, 'count.txt')));
    rmSync(part, { recursive: true });
    writeFileSync(part, 'not a directory');
    const { flows, notes } = await flowsIn(dir);
    expect(flows).toBe(FLOWS - 30_000);
    expect(notes).toEqual([
      expect.stringMatching(/_1_1_0 kept the engine from starting and was moved to .*\/detached\/broken-on-start_/),
    ]);
  });

  it('says that a table is empty because its directory is gone', async () => {
    const dir = copies.copy();
    rmSync(join(dir, dirname(dirname(firstFlows(dir, 'count.txt')))), { recursive: true });
    expect(await flowsIn(dir)).toEqual({
      flows: 0,
      notes: ['the directory of the table flows is gone: the table is empty'],
    });
  });

  it('keeps the copy up with columns that are added', async () => {
    const dir = copies.copy();
    await withStore(dir, (store) => store.addColumns([{ name: 'rtt_us', type: 'UInt32' }]));
    harm(join(dir, definition(dir, 'flows.sql')), 'cut');
    await withStore(dir, async (store) => expect(store.columnsPresent().has('rtt_us')).toBe(true));
  });

  it('says what is in the way and what to do when there is no copy either', () => {
    const dir = copies.copy();
    harm(join(dir, definition(dir, 'flows.sql')), 'cut');
    harm(join(dir, 'weir-definitions.json'), 'flip');
    expect(() => openStore({ path: dir })).toThrow(
      /^the store in .* is damaged and cannot be opened \(Code: .*flows\.sql.*\): put a backup in its place with weir store restore/s,
    );
  });
});

describe('a store that cannot be opened for another reason', () => {
  it('is left as it is, and the reason is that of the engine', async () => {
    const dir = copies.copy();
    const store = openStore({ path: dir });
    // What a second process would find.
    const code = `const { openStore } = await import(${JSON.stringify(new URL('../store.ts', import.meta.url).href)});
      try { openStore({ path: ${JSON.stringify(dir)} }); } catch (error) { console.log(JSON.stringify([error.code, error.message])); }`;
    const [said, noise] = await new Promise<readonly [string, string]>((resolve) => {
      execFile(
        process.execPath,
        ['--disable-warning=ExperimentalWarning', '--input-type=module', '-e', code],
        (_, out, err) => resolve([out, err]),
      );
    });
    await store.close();
    const [errorCode, message] = JSON.parse(said) as [string, string];
    expect(errorCode).toBe('locked');
    expect(message).toContain('Another server instance in same directory is already running');
    expect(noise).toBe('');
  });
});
