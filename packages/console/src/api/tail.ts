// Live tail: flows as they arrive, over server-sent events. Bounded: the newest ROWS are kept, and what the server had to skip
// or the page had to drop is counted and shown.
import { useCallback, useEffect, useRef, useState } from 'react';
import { apiUrl } from './client.ts';
import type { Flow, TailEvent, TailStatus } from './types.ts';

/** Rows kept on the page: about ten screens, 1 MB. */
const ROWS = 1000;
/** Redraws a second at most: more cannot be read. */
const REDRAW_MS = 500;

export interface Tail {
  readonly state: 'connecting' | 'open' | 'lost';
  /** What the server last said of trouble; empty when there is none. */
  readonly trouble: string;
  readonly flows: readonly Flow[];
  readonly received: number;
  readonly skipped: number;
  readonly paused: boolean;
  /** Flows that came since the pause and wait. */
  readonly waiting: number;
  setPaused(paused: boolean): void;
}

interface Shown {
  readonly flows: readonly Flow[];
  readonly received: number;
  readonly skipped: number;
  readonly waiting: number;
}

const NOTHING: Shown = { flows: [], received: 0, skipped: 0, waiting: 0 };

/** Newest first, at most `ROWS`. */
export function joinNewest(fresh: readonly Flow[], before: readonly Flow[], most = ROWS): readonly Flow[] {
  return fresh.length >= most ? fresh.slice(0, most) : [...fresh, ...before.slice(0, most - fresh.length)];
}

/** Follows the flows that pass the filter while `enabled`. A new filter starts afresh; a lost connection reconnects. */
export function useTail(filter: string, enabled: boolean): Tail {
  const [state, setState] = useState<Tail['state']>('connecting');
  const [shown, setShown] = useState<Shown>(NOTHING);
  const [trouble, setTrouble] = useState('');
  const [paused, setPausedState] = useState(false);
  const pausedNow = useRef(false);
  const setPaused = useCallback((next: boolean) => {
    pausedNow.current = next;
    setPausedState(next);
  }, []);

  useEffect(() => {
    setShown(NOTHING);
    setTrouble('');
    setPaused(false);
    if (!enabled) return;
    setState('connecting');
    let fresh: readonly Flow[] = [];
    let received = 0;
    let skipped = 0;
    let changed = false;
    const events = new EventSource(apiUrl('flows/tail', { filter }));
    events.onopen = () => setState('open');
    events.onerror = () => setState('lost');
    events.addEventListener('flows', (event) => {
      const message = JSON.parse((event as MessageEvent<string>).data) as TailEvent;
      fresh = joinNewest(message.flows, fresh);
      setTrouble('');
      received += message.flows.length;
      skipped += message.skipped;
      changed = true;
    });
    events.addEventListener('status', (event) => {
      setTrouble((JSON.parse((event as MessageEvent<string>).data) as TailStatus).message);
    });
    const timer = setInterval(() => {
      if (!changed) return;
      if (pausedNow.current) {
        setShown((before) => ({ ...before, waiting: fresh.length }));
        return;
      }
      const take = fresh;
      fresh = [];
      changed = false;
      setShown((before) => ({ flows: joinNewest(take, before.flows), received, skipped, waiting: 0 }));
    }, REDRAW_MS);
    return () => {
      clearInterval(timer);
      events.close();
    };
  }, [filter, enabled, setPaused]);

  return { state, trouble, ...shown, paused, setPaused };
}
