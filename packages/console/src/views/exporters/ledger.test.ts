import { describe, expect, it } from 'vitest';
import { ledgerAnswer } from '../../browser/fixture/answers.ts';
import { balancesOf, besideBalances, differenceText, lostFlows } from './ledger.ts';

const ANSWER = ledgerAnswer(0, 3_600_000);

const ALL = { counts: ANSWER.total, sinks: ANSWER.sinks };
const NOTHING = { counts: {}, sinks: {} };

describe('the ledger', () => {
  it('shows balances whose parts and difference make the total', () => {
    const balances = balancesOf(ANSWER, ALL);
    expect(balances.map(({ total, sink }) => [total.account.name, sink])).toEqual([
      ['datagrams_received', ''],
      ['flows_received', ''],
      ['flows_spooled', ''],
      ['flows_offered', 'archive'],
    ]);
    for (const { total, parts, difference } of balances) {
      expect(parts.reduce((sum, part) => sum + part.count, 0) + difference).toBe(total.count);
    }
    expect(balances.map(({ difference }) => difference)).toEqual([0, 0, 360, 30]);
  });

  it('computes the difference of one exporter from its own counts', () => {
    const [first] = ANSWER.exporters;
    expect(balancesOf(ANSWER, first ?? NOTHING).map(({ difference }) => difference)).toEqual([0, 0, 120, 10]);
    expect(first?.differences).toEqual([0, 0, 120, 10]);
  });

  it('lists every account once', () => {
    const inside = balancesOf(ANSWER, NOTHING).flatMap(({ total, parts }) => [total, ...parts]);
    const { lost, notes } = besideBalances(ANSWER, NOTHING);
    const names = new Set([...inside, ...lost, ...notes].map(({ account }) => account.name));
    expect(names.size).toBe(ANSWER.accounts.length);
    expect(lost.map(({ account }) => account.name)).toContain('kernel_dropped');
    expect(notes.map(({ account }) => account.name)).toContain('templates_received');
  });

  it('says what a difference means', () => {
    expect(differenceText(0, 'flow')).toBe('adds up');
    expect(differenceText(1, 'flow')).toBe('1 flow on the way: received, not yet in an account');
    expect(differenceText(-2000, 'flow')).toBe(
      '2,000 flows ahead: spooled before this time range, or a moment ago and not yet counted so',
    );
  });

  it('counts lost flows wherever they were lost', () => {
    const counts = { sequence_lost_flows: 5, flows_spool_cap: 2, flows_lost_with_process: 1, datagrams_malformed: 9 };
    expect(lostFlows(counts)).toBe(8);
  });
});
