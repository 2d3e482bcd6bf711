import { describe, expect, it } from 'vitest';
import { readAnswers } from './answers.ts';

const read = (text: string, methods: readonly string[] = ['GET'], closed = true) =>
  readAnswers(Buffer.from(text), methods, closed);
const bodies = (text: string, methods?: readonly string[]) =>
  read(text, methods).answers.map(({ status, body }) => `${status} ${body}`);

describe('answers on a connection', () => {
  it('are as long as they say', () => {
    const two = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nokHTTP/1.1 404 Not Found\r\ncontent-length: 0\r\n\r\n';
    expect(bodies(two, ['GET', 'GET'])).toEqual(['200 ok', '404 ']);
  });

  it('may come in chunks', () => {
    expect(bodies('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2;x=y\r\nde\r\n0\r\n\r\n')).toEqual(
      ['200 abcde'],
    );
  });

  it('may end with the connection', () => {
    expect(bodies('HTTP/1.1 200 OK\r\n\r\nall of it')).toEqual(['200 all of it']);
    expect(read('HTTP/1.1 200 OK\r\n\r\nall of', ['GET'], false)).toEqual({ answers: [], unfinished: 25 });
  });

  it('to HEAD have no body, and neither have interim ones', () => {
    const text =
      'HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 7\r\n\r\nHTTP/1.1 204 No Content\r\n\r\n';
    expect(bodies(text, ['HEAD', 'GET'])).toEqual(['100 ', '200 ', '204 ']);
  });

  it('that are cut are told by their bytes', () => {
    expect(read('HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nshort')).toMatchObject({ answers: [], unfinished: 43 });
    expect(read('HTTP/1.1 200')).toMatchObject({ answers: [], unfinished: 12 });
  });

  it('that are none are told by their first line', () => {
    expect(read('hello\r\n\r\n').broken).toBe('no status line: "hello"');
    expect(read('HTTP/1.1 200 OK\r\nnothing\r\n\r\n').broken).toBe('no header: "nothing"');
  });
});
