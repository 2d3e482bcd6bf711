import { ATTRIBUTE_FIELDS, FIELDS } from '@weir/record';
import { describe, expect, it } from 'vitest';
import { runWeir } from '../testing.ts';

describe('weir fields', () => {
  it('lists every column and attribute', async () => {
    const { stdout } = await runWeir(['fields']);
    const names = stdout.split('\n').map((line) => line.split(' ')[0]);
    expect(names).toEqual(['name', ...[...FIELDS, ...ATTRIBUTE_FIELDS].map(({ name }) => name), '']);
  });

  it('lists those that have the words given', async () => {
    expect((await runWeir(['fields', 'port', 'transport'])).stdout).toBe(
      [
        'name      kind        description',
        'src_port  u16   core  Transport port of the source; ICMP has none',
        'dst_port  u16   core  Transport port of the destination; ICMP has none',
        '',
      ].join('\n'),
    );
  });

  it('gives all there is to know as JSON', async () => {
    const { stdout } = await runWeir(['fields', '--format', 'json', 'tunnel', 'encapsulation']);
    expect(JSON.parse(stdout)).toMatchObject([
      { name: 'tunnel_type', kind: 'u8', core: false, elements: ['6876/891'], codes: { vxlan: 1, gre: 2 } },
    ]);
    const { stdout: attributes } = await runWeir(['fields', '--format', 'json', 'src_namespace']);
    expect(JSON.parse(attributes)).toMatchObject([
      { kind: 'attribute', key: 'src_entity', dimension: 'entities', attribute: 'namespace' },
    ]);
  });

  it('exits with 1 where nothing has them', async () => {
    expect(await runWeir(['fields', 'elephant'])).toEqual({
      code: 1,
      stdout: '',
      stderr: 'weir: no field has "elephant"\n',
    });
  });
});
