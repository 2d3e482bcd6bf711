// The pages of flow records as one list, and when it may refresh itself: not under the eyes of someone reading further down.
import { useCallback, useEffect, useMemo } from 'react';
import { useFlowPages } from '../../api/queries.ts';
import type { Flow, Meta } from '../../api/types.ts';
import type { ViewState } from '../../state/search.ts';
import { refreshInterval } from '../../state/time-range.ts';

export interface FlowRows {
  readonly flows: readonly Flow[];
  readonly meta: Meta | undefined;
  readonly error: Error | null;
  readonly pending: boolean;
  readonly more: boolean;
  loadMore(): void;
}

/** `idle`: nobody has scrolled or opened a row, so that a refresh disturbs nothing. */
export function useFlowRows(state: ViewState, enabled: boolean, idle: boolean): FlowRows {
  const pages = useFlowPages(state, enabled);
  const { data, fetchNextPage, isFetching, hasNextPage, refetch } = pages;
  const count = data?.pages.length ?? 0;
  const every = refreshInterval(state.refresh, state);
  useEffect(() => {
    if (!enabled || !idle || every === false || count > 1) return;
    const timer = setInterval(() => void refetch(), every);
    return () => clearInterval(timer);
  }, [enabled, idle, every, count, refetch]);

  const flows = useMemo(() => data?.pages.flatMap((page) => page.flows) ?? [], [data]);
  const loadMore = useCallback(() => {
    if (hasNextPage && !isFetching) void fetchNextPage();
  }, [hasNextPage, isFetching, fetchNextPage]);
  return {
    flows,
    meta: data?.pages.at(-1)?.meta,
    error: pages.error,
    pending: pages.isPending,
    more: hasNextPage,
    loadMore,
  };
}
