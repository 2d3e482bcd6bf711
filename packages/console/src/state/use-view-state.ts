// The view's state, from the URL, and the one way to change it: navigate. So back, forward, reload and a copied link work.
import { useNavigate, useSearch } from '@tanstack/react-router';
import { useCallback, useMemo } from 'react';
import type { Key } from '../api/types.ts';
import { addCondition, addKey } from '../filter/condition.ts';
import { readSearch, type ViewState, writeSearch } from './search.ts';

export interface ChangeOptions {
  /** Replaces the entry in the browser's history: for what a person would not step back through. */
  readonly replace?: boolean;
}

export interface View {
  readonly state: ViewState;
  change(patch: Partial<ViewState>, options?: ChangeOptions): void;
  /** Narrows the filter by one condition. */
  narrow(condition: string): void;
  /** Narrows the filter to a group. */
  narrowTo(key: Key): void;
}

export function useViewState(): View {
  const search = useSearch({ strict: false });
  const navigate = useNavigate();
  const state = useMemo(() => readSearch(search), [search]);

  const update = useCallback(
    (next: (state: ViewState) => Partial<ViewState>, options: ChangeOptions = {}) => {
      void navigate({
        to: '.',
        search: (before) => {
          const old = readSearch(before);
          return writeSearch({ ...old, ...next(old) });
        },
        replace: options.replace ?? false,
        resetScroll: false,
      });
    },
    [navigate],
  );

  return useMemo(
    () => ({
      state,
      change: (patch, options) => update(() => patch, options),
      narrow: (condition) => update((old) => ({ filter: addCondition(old.filter, condition) })),
      narrowTo: (key) => update((old) => ({ filter: addKey(old.filter, key) })),
    }),
    [state, update],
  );
}
