import { describe, expect, it } from 'vitest';
import { CODES, codeName, codeOf, qualityNames, tcpFlagLetters } from './codes.ts';
import { ATTRIBUTE_FIELDS, DIMENSIONS } from './dimensions.ts';
import { FIELD, FIELDS, isFieldName } from './fields.ts';
import { nearest } from './suggest.ts';

describe('the field catalogue', () => {
  it('gives every field its place and a description that ends without a full stop', () => {
    for (const [index, field] of FIELDS.entries()) {
      expect(field.index).toBe(index);
      expect(field.name).toMatch(/^[a-z][a-z0-9_]*$/);
      expect(field.description).toMatch(/[^.]$/);
    }
  });

  it('says for every key which dimension it names a row of', () => {
    for (const field of FIELDS) {
      const keyed = field.kind === 'key' || field.kind === 'str';
      expect([field.name, field.dimension !== undefined]).toEqual([field.name, keyed]);
    }
  });

  it('names both ends alike', () => {
    for (const field of FIELDS) {
      if (!/^(outer_|nat_)?src_/.test(field.name)) continue;
      const other = field.name.replace('src_', 'dst_');
      expect(isFieldName(other)).toBe(true);
      if (isFieldName(other)) expect(FIELD[other].kind).toBe(field.kind);
    }
  });

  it('keeps the core near 40 columns', () => {
    expect(FIELDS.filter((field) => field.core).length).toBeLessThanOrEqual(44);
  });
});

describe('attributes of dimensions', () => {
  it('exist in the dimension that their key names', () => {
    for (const field of ATTRIBUTE_FIELDS) {
      expect(isFieldName(field.key)).toBe(true);
      if (isFieldName(field.key)) expect(FIELD[field.key].dimension).toBe(field.dimension);
      expect(Object.keys(DIMENSIONS[field.dimension].attributes)).toContain(field.attribute);
      expect(isFieldName(field.name)).toBe(false);
    }
  });
});

describe('codes', () => {
  it('have names both ways', () => {
    expect(codeName('proto', 6)).toBe('tcp');
    expect(codeOf('proto', 'UDP')).toBe(17);
    expect(codeOf('proto', 'constructor')).toBeUndefined();
    expect(codeName('bytes', 1)).toBeUndefined();
  });

  it('belong to fields of the catalogue', () => {
    for (const name of Object.keys(CODES)) expect(isFieldName(name)).toBe(true);
  });

  it('spell flags and quality', () => {
    expect(tcpFlagLetters(0x12)).toBe('SA');
    expect(qualityNames(0b101)).toEqual(['no_sampling_rate', 'time_guessed']);
  });
});

describe('the nearest name', () => {
  it('is found for a slip and not for something else', () => {
    expect(nearest('src_namespce', ['src_namespace', 'dst_namespace'])).toBe('src_namespace');
    expect(nearest('prot', ['proto', 'port'])).toBe('proto');
    expect(nearest('elephant', ['proto', 'port'])).toBeUndefined();
  });
});
