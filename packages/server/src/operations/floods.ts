// Senders that flood, as metrics and the page tell of them.
import type { FloodStatus } from '../status.ts';

/** Each sender once, with the largest part that it had of a lane; the heaviest first. */
export function heaviestFloods(floods: readonly FloodStatus[]): FloodStatus[] {
  const senders = new Map<string, FloodStatus>();
  for (const flood of floods) {
    const before = senders.get(flood.address);
    if (before === undefined || flood.share > before.share) senders.set(flood.address, flood);
  }
  return [...senders.values()].sort((a, b) => b.share - a.share);
}

/** What a flood does, and what can be done about it. */
export function floodWarning({ address, share, diverted }: FloodStatus): string {
  const part = `${address} floods: ${Math.round(share * 100)} % of what its lane got of late is from it`;
  const remedy = 'Have it send less, or keep it out with listen.allow';
  return diverted
    ? `${part}. It is kept apart: what does not fit is dropped of its own alone, and counted as flood_dropped. ${remedy}`
    : `${part}, and what others send is dropped with it, counted as kernel_dropped. ${remedy}`;
}
