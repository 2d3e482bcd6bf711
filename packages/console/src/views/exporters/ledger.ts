// The loss ledger as the page shows it: each balance as a sum that can be checked, and what was lost before it reached us.
import type { LedgerAccount, LedgerAnswer } from '../../api/types.ts';

export type Counts = Readonly<Record<string, number>>;

/** Flow records known to be lost, wherever: before us by sequence numbers, or in the spool. */
export function lostFlows(counts: Counts): number {
  return ['sequence_lost_flows', 'flows_spool_failed', 'flows_spool_cap', 'flows_spool_corrupt'].reduce(
    (sum, name) => sum + (counts[name] ?? 0),
    0,
  );
}

export interface BalanceLine {
  readonly account: LedgerAccount;
  readonly count: number;
}

export interface Balance {
  readonly total: BalanceLine;
  readonly parts: readonly BalanceLine[];
  /** What is in the total and in no part: under way, or an error in the books. */
  readonly difference: number;
}

const unknown = (name: string): LedgerAccount => ({ name, unit: '', role: 'note', description: name });

/** The balances of one exporter's counts, or of all; differences are computed from what is shown, so that the page adds up. */
export function balancesOf(answer: LedgerAnswer, counts: Counts): Balance[] {
  const accounts = new Map(answer.accounts.map((account) => [account.name, account]));
  const line = (name: string): BalanceLine => ({
    account: accounts.get(name) ?? unknown(name),
    count: counts[name] ?? 0,
  });
  return answer.balances.map(({ total, parts }) => {
    const lines = parts.map(line);
    const sum = lines.reduce((before, part) => before + part.count, 0);
    return { total: line(total), parts: lines, difference: (counts[total] ?? 0) - sum };
  });
}

/** Accounts that stand in no balance: lost before us, and notes. */
export function besideBalances(answer: LedgerAnswer, counts: Counts): { lost: BalanceLine[]; notes: BalanceLine[] } {
  const inside = new Set(answer.balances.flatMap(({ total, parts }) => [total, ...parts]));
  const rest = answer.accounts
    .filter((account) => !inside.has(account.name))
    .map((account) => ({ account, count: counts[account.name] ?? 0 }));
  return {
    lost: rest.filter(({ account }) => account.role === 'lost'),
    notes: rest.filter(({ account }) => account.role !== 'lost'),
  };
}

/** What a difference means, in words. */
export function differenceText(difference: number, unit: string): string {
  if (difference === 0) return 'adds up';
  const count = Math.abs(difference).toLocaleString('en');
  const what = unit === '' ? '' : ` ${unit}${Math.abs(difference) === 1 ? '' : 's'}`;
  return difference > 0
    ? `${count}${what} on the way: received, not yet in an account`
    : `${count}${what} ahead: spooled before this time range, or a moment ago and not yet counted so`;
}

/** `flows_spool_cap` → `Spool cap`: the unit is said by the balance's head. */
export function accountTitle(name: string): string {
  const words = name.replace(/^(flows|datagrams)_/, '').replaceAll('_', ' ');
  return words.charAt(0).toUpperCase() + words.slice(1);
}
