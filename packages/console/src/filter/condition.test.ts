import { parseFilter } from '@weir/query/language';
import { describe, expect, it } from 'vitest';
import { addCondition, addKey, condition } from './condition.ts';

describe('a condition', () => {
  it('is written as the language reads it', () => {
    expect(condition('src_namespace', 'shop')).toBe('src_namespace = shop');
    expect(condition('src_name', 'and')).toBe('src_name = "and"');
    expect(condition('src_namespace', '')).toBe('src_namespace = ""');
    expect(condition('drop_reason', 'say "no"')).toBe('drop_reason = "say \\"no\\""');
    expect(condition('proto', 6)).toBe('proto = tcp');
    expect(condition('flow_type', 4, '!=')).toBe('flow_type != to_external');
    expect(condition('src_country', 0x4445)).toBe('src_country = DE');
    expect(condition('dst_addr', '2001:db8::1')).toBe('dst_addr = 2001:db8::1');
  });

  it('is one that the parser takes, for every kind of value', () => {
    const conditions = [
      condition('proto', 58),
      condition('src_addr', '::ffff:1.2.3.4'),
      condition('src_mac', '02:00:5e:10:00:01'),
      condition('service_name', 'a b, (c) # d'),
      condition('exporter_address', '10.0.0.1', '!='),
      condition('tcp_flags', 18),
      condition('flow_id', '18446744073709551615'),
    ];
    for (const text of conditions) expect(parseFilter(text).errors, text).toEqual([]);
  });
});

describe('adding a condition', () => {
  it('narrows what is there', () => {
    expect(addCondition('', 'proto = tcp')).toBe('proto = tcp');
    expect(addCondition('dst_port = 80', 'proto = tcp')).toBe('dst_port = 80 and proto = tcp');
  });

  it('puts alternatives in parentheses first', () => {
    expect(addCondition('dst_port = 80 or dst_port = 443', 'proto = tcp')).toBe(
      '(dst_port = 80 or dst_port = 443) and proto = tcp',
    );
    expect(addCondition('(dst_port = 80 or dst_port = 443)', 'proto = tcp')).toBe(
      '(dst_port = 80 or dst_port = 443) and proto = tcp',
    );
  });

  it('does nothing where the condition is there already', () => {
    const filter = 'src_name = "a and b" and proto = tcp';
    expect(addCondition(filter, 'proto = tcp')).toBe(filter);
    expect(addCondition(filter, 'src_name = "a and b"')).toBe(filter);
  });

  it('takes every field of a group', () => {
    expect(addKey('proto = tcp', { src_namespace: 'shop', dst_namespace: '' })).toBe(
      'proto = tcp and src_namespace = shop and dst_namespace = ""',
    );
  });
});
