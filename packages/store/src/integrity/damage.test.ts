import { describe, expect, it } from 'vitest';
import { asStoreError, StoreError } from '../store-error.ts';

const UUID = '41ea3e88-bee1-47ad-8e46-547cafabb26c';
const PATH = `/data/store/store/41e/${UUID}/1795172400_6_6_0`;

const engine = (code: number, message: string) => Object.assign(new Error(message), { code: String(code) });
const tables = new Map([[UUID, 'flows']]);

describe('damage in the words of the engine', () => {
  it.each([
    [
      40,
      `Checksum doesn't match: corrupted data: While reading or decompressing ${PATH}/bytes.bin (position: 230713): (while reading from part ${PATH}/ in table weir.flows (${UUID}) located on disk default, from mark 0)`,
    ],
    [432, `Unknown codec family code: 0: While reading or decompressing ${PATH}/primary.cidx (position: 0)`],
    [
      33,
      `Cannot read all data. Bytes read: 57. Bytes expected: 115: While reading or decompressing ${PATH}/bytes.cmrk2`,
    ],
    [107, `Cannot open file ${PATH}/bytes.bin: , errno: 2, strerror: No such file or directory`],
    [1001, `filesystem error: in file_size: No such file or directory ["${PATH}/bytes.cmrk2"]. `],
    [74, `Cannot read from file ${PATH}/bytes.bin, errno: 5, strerror: Input/output error`],
  ])('names the part and its table (code %i)', (code, message) => {
    expect(asStoreError(engine(code, message), 'run the query', tables)).toMatchObject({
      code: 'damaged',
      engineCode: code,
      transient: false,
      part: { table: 'flows', uuid: UUID, name: '1795172400_6_6_0' },
      message:
        `cannot run the query: part 1795172400_6_6_0 of flows is damaged (code ${code}): ` +
        'run weir store check, then weir store repair',
    });
  });

  it('is damage also where no part is named and nothing else can be meant', () => {
    const error = asStoreError(engine(40, "Checksum doesn't match"), 'run the query');
    expect(error).toMatchObject({ code: 'damaged', part: undefined });
    expect(error.message).toContain('a part of the store is damaged');
  });

  it.each([
    ['a file of the spool', 33, 'Cannot read all data: (in file/uri /data/spool/flows/1.loading)', 'bad_data'],
    [
      'a limit',
      241,
      `Query memory limit exceeded: (while reading from part ${PATH}/ in table weir.flows`,
      'query_memory',
    ],
    ['a stop', 394, `Query was cancelled: (while reading from part ${PATH}/`, 'cancelled'],
    ['a full disk', 76, `Cannot open file ${PATH}/bytes.bin, errno: 28, strerror: No space left`, 'disk_full'],
    ['too many open files', 76, `Cannot open file ${PATH}/bytes.bin, errno: 24, Too many open files`, 'engine'],
    ['a part being written', 107, `No file /data/store/store/41e/${UUID}/tmp_insert_1_2_2_0/a.bin`, 'engine'],
  ])('is not %s', (_what, code, message, expected) => {
    expect(asStoreError(engine(code, message), 'do it').code).toBe(expected);
  });

  it('stays what it is when it is thrown on', () => {
    const error = new StoreError('damaged', 'x');
    expect(asStoreError(error, 'do more')).toBe(error);
  });
});
