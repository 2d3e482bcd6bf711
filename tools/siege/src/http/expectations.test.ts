import { describe, expect, it } from 'vitest';
import { answerProblem, SECURITY_HEADERS } from './expectations.ts';

const secure = Object.fromEntries(SECURITY_HEADERS.map((name) => [name, 'x']));
const problem = (status: number) => JSON.stringify({ type: 'urn:x', title: 'X', status, detail: 'x' });

function check(status: number, headers: Record<string, string>, body: string, method = 'GET'): string | undefined {
  return answerProblem({ status, headers: new Map(Object.entries({ ...secure, ...headers })), body }, method);
}
const json = { 'content-type': 'application/json' };
const problemType = { 'content-type': 'application/problem+json; charset=utf-8' };

describe('an answer', () => {
  it('is well with security headers and what its status asks for', () => {
    expect(check(200, json, '{"a":1}')).toBeUndefined();
    expect(check(404, problemType, problem(404))).toBeUndefined();
    expect(check(405, { ...problemType, allow: 'GET' }, problem(405))).toBeUndefined();
    expect(check(503, { ...problemType, 'retry-after': '2' }, problem(503))).toBeUndefined();
    expect(check(404, problemType, '', 'HEAD')).toBeUndefined();
    expect(check(503, { 'content-type': 'text/html', 'retry-after': '2' }, '<p>')).toBeUndefined();
    expect(answerProblem({ status: 100, headers: new Map(), body: '' }, undefined)).toBeUndefined();
  });

  it.each([
    [500, problemType, problem(500), `status 500: ${problem(500)}`],
    [502, problemType, problem(502), `status 502: ${problem(502)}`],
    [503, problemType, problem(503), 'status 503 without retry-after'],
    [405, problemType, problem(405), 'status 405 without allow'],
    [404, json, problem(404), 'status 404 of type "application/json", not a problem'],
    [404, problemType, '<p>', 'status 404 with a problem that is no JSON: <p>'],
    [404, problemType, problem(400), 'status 404 with a problem of status 400'],
    [404, problemType, '{"status":404,"type":"x","title":"x"}', 'status 404 with a problem without detail'],
    [200, json, '{"a":', /^an answer that is no JSON/],
    [400, problemType, '{"detail":"at read (/app/packages/server/src/a.ts:1:2)"}', /^status 400 shows the inside/],
  ])('of status %i is told what it lacks', (status, headers, body, message) => {
    expect(check(status, headers, body)).toMatch(message);
  });

  it('lacks a security header by its name', () => {
    expect(check(200, { 'referrer-policy': '' }, '')).toBeUndefined();
    const headers = new Map(SECURITY_HEADERS.slice(1).map((name) => [name, 'x']));
    expect(answerProblem({ status: 400, headers, body: problem(400) }, undefined)).toBe(
      'status 400 without the header content-security-policy',
    );
  });
});
