// Requests to Weir's HTTP API, and its problems as messages for a terminal: a wrong filter is shown with a mark under the place.
import type { Problem } from '@weir/query';
import { CliError } from '../command.ts';

export const DEFAULT_SERVER = 'http://127.0.0.1:8080';

export interface ApiClient {
  /** Base URL, without a slash at the end. */
  readonly server: string;
  readonly signal: AbortSignal;
}

export type Parameters = Readonly<Record<string, string | number | undefined>>;

/** URL of a path below /api/v1; parameters without a value are left out. */
export function apiUrl(server: string, path: string, parameters: Parameters): string {
  const url = new URL(`/api/v1/${path}`, server);
  for (const [name, value] of Object.entries(parameters)) {
    if (value !== undefined && value !== '') url.searchParams.set(name, String(value));
  }
  return url.href;
}

/** The server to ask: the flag, WEIR_SERVER, or this machine. Throws CliError `usage`. */
export function serverOf(flag: unknown, env: Readonly<Record<string, string | undefined>>): string {
  const text = typeof flag === 'string' ? flag : (env.WEIR_SERVER ?? DEFAULT_SERVER);
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || !/^https?:$/.test(url.protocol)) {
    throw new CliError('usage', `--server: "${text}" is not a URL such as ${DEFAULT_SERVER}`);
  }
  return url.origin;
}

/** Asks, and gives the response when it is good. Throws CliError. */
export async function ask(client: ApiClient, path: string, parameters: Parameters, accept: string): Promise<Response> {
  let response: Response;
  try {
    response = await fetch(apiUrl(client.server, path, parameters), { headers: { accept }, signal: client.signal });
  } catch (error) {
    if (client.signal.aborted) throw error;
    throw new CliError(
      'failed',
      `${client.server} does not answer (${reasonOf(error)}). Is Weir running there? weir serve starts it; --server names another.`,
    );
  }
  if (response.ok) return response;
  const problem = await readProblem(response);
  const usage = response.status === 400;
  throw new CliError(usage ? 'usage' : 'failed', problemText(problem, String(parameters.filter ?? '')));
}

/** GETs JSON. Throws CliError. */
export async function getJson<T>(client: ApiClient, path: string, parameters: Parameters): Promise<T> {
  const response = await ask(client, path, parameters, 'application/json');
  return (await response.json()) as T;
}

function reasonOf(error: unknown): string {
  const cause = error instanceof Error ? (error.cause as { code?: unknown } | undefined) : undefined;
  return typeof cause?.code === 'string' ? cause.code : error instanceof Error ? error.message : String(error);
}

async function readProblem(response: Response): Promise<Problem> {
  const nothing = {
    type: '',
    title: `The server answered ${response.status}`,
    status: response.status,
    detail: response.statusText,
  };
  try {
    return { ...nothing, ...((await response.json()) as Partial<Problem>) };
  } catch {
    return nothing;
  }
}

/** A problem as text. Mistakes of the filter come with the filter and a mark under the place. */
export function problemText(problem: Problem, filter: string): string {
  const mistakes = problem.errors ?? [];
  if (mistakes.length === 0) return `${problem.title}: ${problem.detail}`;
  return mistakes
    .map(({ message, from, to }) =>
      from === undefined || to === undefined ? message : `${message}\n${underline(filter, from, to)}`,
    )
    .join('\n');
}

/** Longest part of a filter's line that is shown on either side of a mistake. */
const AROUND = 60;

/** The line of `text` that [from, to) begins in, and below it a mark under that part. */
export function underline(text: string, from: number, to: number): string {
  const lineStart = text.lastIndexOf('\n', from - 1) + 1;
  const lineBreak = text.indexOf('\n', from);
  const lineEnd = lineBreak < 0 ? text.length : lineBreak;
  const start = Math.max(lineStart, from - AROUND);
  const end = Math.min(lineEnd, Math.max(to, from) + AROUND);
  const head = start > lineStart ? '…' : '';
  const tail = end < lineEnd ? '…' : '';
  // Tabs are one column wide here, as in the mark's line.
  const shown = text.slice(start, end).replaceAll('\t', ' ');
  const marks = '^'.repeat(Math.max(1, Math.min(to, lineEnd) - from));
  return `  ${head}${shown}${tail}\n  ${' '.repeat(head.length + from - start)}${marks}`;
}
