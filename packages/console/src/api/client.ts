// Requests to /api/v1. Every failure becomes an ApiError that can be shown as it is.
import type { Fault } from './types.ts';

/** RFC 9457 problem details as Weir sends them. */
interface Problem {
  readonly title?: string;
  readonly detail?: string;
  readonly errors?: readonly Fault[];
}

export class ApiError extends Error {
  override readonly name = 'ApiError';
  /** HTTP status, 0 when the server could not be reached. */
  readonly status: number;
  readonly title: string;
  /** Faults in the filter, with their places. */
  readonly faults: readonly Fault[];

  constructor(status: number, title: string, detail: string, faults: readonly Fault[] = []) {
    super(detail);
    this.status = status;
    this.title = title;
    this.faults = faults;
  }
}

export type Params = Readonly<Record<string, string | number | undefined>>;

/** Path and query of a request; empty parameters are left out. */
export function apiUrl(path: string, params: Params = {}): string {
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(params)) {
    if (value !== undefined && value !== '') search.set(name, String(value));
  }
  const text = search.toString();
  return `/api/v1/${path}${text === '' ? '' : `?${text}`}`;
}

/** GETs a JSON answer. Throws ApiError; an abort passes through as it is, so that the query cache understands it. */
export async function get<T>(path: string, params: Params = {}, signal?: AbortSignal): Promise<T> {
  let response: Response;
  try {
    response = await fetch(apiUrl(path, params), {
      headers: { accept: 'application/json' },
      ...(signal === undefined ? {} : { signal }),
    });
  } catch (error) {
    if (signal?.aborted) throw error;
    throw new ApiError(0, 'Weir cannot be reached', 'The server did not answer. The page tries again by itself.');
  }
  if (response.ok) return (await response.json()) as T;
  throw await problem(response);
}

async function problem(response: Response): Promise<ApiError> {
  const body = (await response.json().catch(() => ({}))) as Problem;
  return new ApiError(
    response.status,
    body.title ?? `The server answered ${response.status}`,
    body.detail ?? response.statusText,
    body.errors ?? [],
  );
}
