// The loss ledger as the page shows it: each balance as a sum that can be checked, and what was lost before it reached us.
import { ACCOUNT_NAMES, ACCOUNTS, BALANCES } from '@weir/record';
import type { LedgerAccount, LedgerAnswer } from '../../api/types.ts';

export type Counts = Readonly<Record<string, number>>;

/** What was counted for one exporter, or for all. */
export interface Book {
  readonly counts: Counts;
  readonly sinks: Readonly<Record<string, Counts>>;
}

const LOST_FLOWS = ACCOUNT_NAMES.filter((name) => ACCOUNTS[name].unit === 'flow' && ACCOUNTS[name].role === 'lost');

/** Flow records known to be lost, wherever: before us by sequence numbers, on the way to the store, or in it. */
export function lostFlows(counts: Counts): number {
  return LOST_FLOWS.reduce((sum, name) => sum + (counts[name] ?? 0), 0);
}

export interface BalanceLine {
  readonly account: LedgerAccount;
  readonly count: number;
}

export interface Balance {
  /** The sink whose balance it is; empty for the others. */
  readonly sink: string;
  readonly total: BalanceLine;
  readonly parts: readonly BalanceLine[];
  /** What is in the total and in no part: under way, or an error in the books. */
  readonly difference: number;
}

const unknown = (name: string): LedgerAccount => ({ name, unit: '', role: 'note', description: name });

/** The balances of a book; differences are computed from what is shown, so that the page adds up. */
export function balancesOf(answer: LedgerAnswer, { counts: common, sinks }: Book): Balance[] {
  const accounts = new Map(answer.accounts.map((account) => [account.name, account]));
  return answer.balances.map(({ consumer, total, parts }) => {
    const sink = consumer === 'store' ? '' : consumer;
    const counts = sink === '' ? common : (sinks[sink] ?? {});
    const line = (name: string): BalanceLine => ({
      account: accounts.get(name) ?? unknown(name),
      count: counts[name] ?? 0,
    });
    const lines = parts.map(line);
    const sum = lines.reduce((before, part) => before + part.count, 0);
    return { sink, total: line(total), parts: lines, difference: (counts[total] ?? 0) - sum };
  });
}

/** Accounts that stand in no balance: lost before us, or after all was well, and notes. */
export function besideBalances(answer: LedgerAnswer, { counts }: Book): { lost: BalanceLine[]; notes: BalanceLine[] } {
  const inside = new Set<string>(BALANCES.flatMap(({ total, parts }) => [total, ...parts]));
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
