import { describe, expect, it } from 'vitest';
import { bindLiterals, identifier, integersInArrays, stringLiteral } from './literals.ts';

describe('bindLiterals', () => {
  it('puts a value in as one string literal of its type', () => {
    expect(bindLiterals('SELECT {a:UInt64}, { b : String }', { a: 5n, b: "it's" })).toBe(
      "SELECT _CAST('5', 'UInt64'), _CAST('it\\'s', 'String')",
    );
  });

  it('quotes texts inside arrays', () => {
    expect(bindLiterals('{a:Array(String)}', { a: ["a'b", 'c'] })).toBe(
      String.raw`_CAST('[\'a\\\'b\',\'c\']', 'Array(String)')`,
    );
  });

  it('escapes the quotes of a type', () => {
    expect(bindLiterals("{t:DateTime64(3, 'UTC')}", { t: '1' })).toBe("_CAST('1', 'DateTime64(3, \\'UTC\\')')");
  });

  it('leaves what looks like a parameter alone in strings, names and comments', () => {
    const sql = 'SELECT \'{a:String}\', "{a:String}", `{a:String}` -- {a:String}\n/* {a:String} */';
    expect(bindLiterals(sql, { a: 'x' })).toBe(sql);
  });

  it('refuses a parameter without a value', () => {
    expect(() => bindLiterals('{constructor:String}', {})).toThrow('no value');
  });

  it('puts in identifiers in backquotes', () => {
    expect(bindLiterals('SELECT {c:Identifier}', { c: 'a`b' })).toBe('SELECT `a\\`b`');
    expect(identifier('x')).toBe('`x`');
  });
});

describe('stringLiteral', () => {
  it('escapes what would end it', () => {
    expect(stringLiteral("a'b\\c\0")).toBe("'a\\'b\\\\c\\0'");
  });
});

describe('integersInArrays', () => {
  it('unquotes integers where the array is of integers, and only there', () => {
    expect(
      integersInArrays('{a:Array(UInt64)} {b:Array(String)} {c:Array(UInt8)}', {
        a: ['18446744073709551615'],
        b: ['1'],
        c: ['x'],
      }),
    ).toEqual({ a: [18446744073709551615n], b: ['1'], c: ['x'] });
  });
});
