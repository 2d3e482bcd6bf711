// What every answer of Weir's HTTP server has to be, whatever was asked. All that the storm expects of answers stands here.
import type { Answer } from './answers.ts';

/** Headers that keep other sites out: on everything, also on what answers a request that could not be read. */
export const SECURITY_HEADERS = [
  'content-security-policy',
  'x-content-type-options',
  'referrer-policy',
  'cross-origin-opener-policy',
  'cross-origin-resource-policy',
] as const;

/** The only error of the server's own that it may answer: it cannot now, and says when to ask again. */
const UNAVAILABLE = 503;
/** Traces of the inside that no caller should see. */
const INSIDE = /\bat \S+ \(|node_modules|\/packages\/|\.ts:\d+|DB::Exception/;

/** What is wrong with an answer; `method` of the request, undefined where it could not be told. */
export function answerProblem({ status, headers, body }: Answer, method: string | undefined): string | undefined {
  // Interim answers (100 Continue) have neither headers nor a body.
  if (status < 200) return undefined;
  if (status >= 500 && status !== UNAVAILABLE) return `status ${status}: ${body.slice(0, 200)}`;
  const missing = SECURITY_HEADERS.find((name) => !headers.has(name));
  if (missing !== undefined) return `status ${status} without the header ${missing}`;
  if (status === UNAVAILABLE && !/^\d+$/.test(headers.get('retry-after') ?? ''))
    return 'status 503 without retry-after';
  if (status === 405 && !headers.has('allow')) return 'status 405 without allow';
  if (INSIDE.test(body) && status >= 400) return `status ${status} shows the inside: ${body.slice(0, 300)}`;
  const type = headers.get('content-type') ?? '';
  if (status >= 400) return problemProblem(status, type, body, method);
  if (type.startsWith('application/json') && method !== 'HEAD') return jsonProblem(body);
  return undefined;
}

/** Errors are problem details (RFC 9457). While the store is away, browsers get a page that asks again. */
function problemProblem(status: number, type: string, body: string, method: string | undefined): string | undefined {
  if (status === UNAVAILABLE && type.startsWith('text/html')) return undefined;
  if (!type.startsWith('application/problem+json')) return `status ${status} of type "${type}", not a problem`;
  if (method === 'HEAD') return undefined;
  let problem: Record<string, unknown>;
  try {
    problem = JSON.parse(body);
  } catch {
    return `status ${status} with a problem that is no JSON: ${body.slice(0, 100)}`;
  }
  if (problem.status !== status) return `status ${status} with a problem of status ${problem.status}`;
  const empty = ['type', 'title', 'detail'].find((name) => typeof problem[name] !== 'string' || problem[name] === '');
  return empty === undefined ? undefined : `status ${status} with a problem without ${empty}`;
}

function jsonProblem(body: string): string | undefined {
  try {
    JSON.parse(body);
    return undefined;
  } catch (error) {
    return `an answer that is no JSON: ${(error as Error).message}`;
  }
}

/** What must hold of Weir's processes during and after a storm. */
export const BOUNDS = {
  /** Resident memory of all processes together, in MB, with the embedded store bounded to 400 MB. */
  memoryMB: 1800,
  /** Embedded store's bound, as the setting has it. */
  storeMemory: '400MiB',
  /** Far above what any answer takes, also on a machine that others keep busy: an answer that takes longer does not come. */
  answerSeconds: 120,
} as const;
