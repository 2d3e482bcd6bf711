import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { WireError } from '../errors.ts';
import { generateRegistry } from './generate-registry.ts';
import { findElement } from './registry.ts';

const read = (path: string) => readFileSync(new URL(path, import.meta.url), 'utf8');

describe('the element registry', () => {
  it('is what its csv generates', () => {
    expect(read('./gen/registry.ts')).toBe(generateRegistry(read('../../registries/ipfix-information-elements.csv')));
  });

  it('names elements of IANA and of enterprises', () => {
    expect(findElement(0, 8)).toMatchObject({ name: 'sourceIPv4Address', type: 'ipv4Address' });
    expect(findElement(56506, 101)).toMatchObject({ name: 'sourcePodName', type: 'string' });
    expect(findElement(6876, 892)).toMatchObject({ name: 'tunnelKey', type: 'octetArray' });
    expect(findElement(0, 65000)).toBeUndefined();
  });

  it('names the reverse of an element (RFC 5103)', () => {
    expect(findElement(29305, 1)).toMatchObject({ name: 'reverseOctetDeltaCount', type: 'unsigned64' });
    expect(findElement(29305, 65000)).toBeUndefined();
  });

  it('refuses a line that is not an element, with its number', () => {
    expect(() => generateRegistry('enterprise,id,name,type\n0,1,a,b\n0,x,a,b')).toThrow(WireError);
    expect(() => generateRegistry('enterprise,id,name,type\n0,1,a,b\n0,x,a,b')).toThrow(/line 3/);
    expect(() => generateRegistry('id,name')).toThrow(/first line/);
  });
});
