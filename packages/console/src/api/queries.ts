// The questions the page asks, as hooks. Keys are the requests' own parameters; answers stay on screen while newer ones load.
import { keepPreviousData, useInfiniteQuery, useQuery } from '@tanstack/react-query';
import { type Refresh, refreshInterval } from '../state/time-range.ts';
import { get, type Params } from './client.ts';
import type {
  ExportersAnswer,
  FieldsAnswer,
  FlowOrder,
  FlowsAnswer,
  LedgerAnswer,
  SeriesAnswer,
  StatusAnswer,
  TopAnswer,
} from './types.ts';

/** What all questions about flows share. */
export interface Scope {
  readonly from: string;
  readonly to: string;
  readonly filter: string;
  readonly refresh: Refresh;
}

function useAnswer<T>(path: string, params: Params, every: number | false, enabled = true) {
  return useQuery({
    queryKey: [path, params],
    queryFn: ({ signal }) => get<T>(path, params, signal),
    placeholderData: keepPreviousData,
    refetchInterval: every,
    enabled,
  });
}

const scoped = (scope: Scope): Params => ({ from: scope.from, to: scope.to, filter: scope.filter });
const every = (scope: Scope) => refreshInterval(scope.refresh, scope);

export function useSeries(scope: Scope, params: Params) {
  return useAnswer<SeriesAnswer>('series', { ...scoped(scope), ...params }, every(scope));
}

export function useTop(scope: Scope, params: Params) {
  return useAnswer<TopAnswer>('top', { ...scoped(scope), ...params }, every(scope));
}

/** Exporters' rates are live whatever the time range: they follow the refresh setting, at most every 2 s. */
export function useExporters(refresh: Refresh) {
  return useAnswer<ExportersAnswer>('exporters', {}, refresh === 'off' ? false : 5000);
}

export function useLedger(scope: Scope) {
  return useAnswer<LedgerAnswer>('ledger', { from: scope.from, to: scope.to }, every(scope));
}

export function useStatus() {
  return useAnswer<StatusAnswer>('status', {}, 10_000);
}

/** The catalogue. Columns appear when exporters first fill them, so it is asked for again now and then. */
export function useFields() {
  return useQuery({
    queryKey: ['fields'],
    queryFn: ({ signal }) => get<FieldsAnswer>('fields', {}, signal),
    staleTime: 60_000,
    refetchInterval: 300_000,
  });
}

/** Flow records, newest first, page after page. */
export function useFlowPages(scope: Scope & { readonly order: FlowOrder }, enabled: boolean) {
  const params = { ...scoped(scope), order: scope.order === 'time' ? '' : scope.order };
  return useInfiniteQuery({
    queryKey: ['flows', params],
    queryFn: ({ signal, pageParam }) => get<FlowsAnswer>('flows', { ...params, limit: 200, cursor: pageParam }, signal),
    initialPageParam: '',
    getNextPageParam: (last) => last.next ?? undefined,
    placeholderData: keepPreviousData,
    enabled,
  });
}
