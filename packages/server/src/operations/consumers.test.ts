import type { SetAside } from '@weir/spool';
import { describe, expect, it } from 'vitest';
import { collectorStatus } from '../http/testdata/deps.ts';
import type { ConsumerBacklog } from '../status.ts';
import { namesProblems } from './consumer-problems.ts';
import type { ConsumerStatus, NamesStatus, Told } from './consumer-status.ts';
import { consumerReports } from './consumers.ts';

const GIB = 1024 ** 3;
const backlog = (more: Partial<ConsumerBacklog> = {}): ConsumerBacklog => ({
  name: 'archive',
  files: 0,
  bytes: 0,
  capBytes: 10 * GIB,
  waitingMs: 0,
  stuckMs: 0,
  droppedFlows: 0,
  ...more,
});

const stats = {
  files: 5,
  rows: 500,
  bytes: 5000,
  asideFiles: 0,
  asideRows: 0,
  missingFiles: 0,
  missingRows: 0,
  failures: 2,
  rounds: 9,
};
const told = (more: Partial<ConsumerStatus> = {}, ageMs = 0): Told<ConsumerStatus> => ({
  status: {
    name: 'archive',
    type: 'files',
    state: 'idle',
    backlog: { files: 0, bytes: 0, oldest: undefined, newest: undefined },
    aside: { files: [], count: 0 },
    stats,
    time: 0,
    pid: 1,
    ...more,
  },
  ageMs,
});

/** The report of a consumer that a running collector knows, and that has told this of itself. */
function reportOf(seen: ConsumerBacklog, status: Told<ConsumerStatus> | undefined) {
  const live = [collectorStatus({ spool: { ...collectorStatus().spool, consumers: [seen] } })];
  const [report] = consumerReports({
    spoolDir: '/data/spool',
    live,
    told: new Map(status === undefined ? [] : [[seen.name, status]]),
  });
  return report;
}
const problems = (seen: Partial<ConsumerBacklog>, status = told()) => reportOf(backlog(seen), status).problems;

const file = (name: string, more: Partial<SetAside> = {}): SetAside => ({
  name,
  reason: 'block 2 is damaged',
  rows: 1200,
  bytes: 9,
  time: 0,
  ...more,
});

describe('the report of a consumer', () => {
  it('has what waits from the collector and what was delivered from itself', () => {
    expect(reportOf(backlog({ files: 2, bytes: 20, waitingMs: 900 }), told({ state: 'delivering' }))).toEqual({
      name: 'archive',
      type: 'files',
      state: 'delivering',
      backlog: { files: 2, bytes: 20, capBytes: 10 * GIB, waitingMs: 900, stuckMs: 0, droppedFlows: 0 },
      deliveredFiles: 5,
      deliveredFlows: 500,
      retries: 2,
      asideFiles: 0,
      missingFiles: 0,
      missingFlows: 0,
      problems: [],
    });
  });

  it('is there for each that is configured, the store first, and for none that only left a status behind', () => {
    const consumers = ['archive', 'store', 'other'].map((name) => backlog({ name }));
    const live = [collectorStatus({ spool: { ...collectorStatus().spool, consumers } })];
    const names = consumerReports({ spoolDir: '', live, told: new Map([['gone', told({}, 60_000)]]) });
    expect(names.map(({ name, state }) => [name, state])).toEqual([
      ['store', 'silent'],
      ['archive', 'silent'],
      ['other', 'silent'],
    ]);
  });

  it('is of those that tell of themselves while no collector does, with what they see waiting', () => {
    const waiting = { files: 3, bytes: 30, oldest: 'a', newest: 'c' };
    const reports = consumerReports({
      spoolDir: '',
      live: [],
      told: new Map([
        ['archive', told({ backlog: waiting })],
        ['gone', told({}, 60_000)],
      ]),
    });
    expect(reports.map(({ name, backlog: { files, capBytes } }) => [name, files, capBytes])).toEqual([
      ['archive', 3, 0],
    ]);
  });
});

describe('what is wrong with a consumer', () => {
  it('is that a sink refuses flows, with its reason', () => {
    const refused = told({ state: 'retrying', reason: 'ENOSPC: no space left on device; make room' });
    expect(problems({ files: 3, waitingMs: 75_000 }, refused)).toEqual([
      'the sink "archive" does not take flows: ENOSPC: no space left on device; make room (3 files wait, the oldest for 75 s)',
    ]);
  });

  it('is that it has not told of itself, for a sink', () => {
    expect(problems({}, told({}, 7_300))).toEqual([
      'the sink "archive" has not told of itself for 7 s: its process does not run or hangs; see the log (nothing waits)',
    ]);
    expect(reportOf(backlog({ files: 1, waitingMs: 3_700_000 }), undefined).problems).toEqual([
      'the sink "archive" has not told of itself yet: its process has not begun (1 file waits, the oldest for 61 min)',
    ]);
  });

  it('is not told twice of the store, whose process says itself why it takes no flows', () => {
    const name = 'store';
    expect(problems({ name }, told({}, 60_000))).toEqual([]);
    expect(problems({ name, stuckMs: 600_000 }, told({ state: 'retrying', reason: 'full' }))).toEqual([]);
  });

  it('is that nothing moves though it says nothing', () => {
    expect(problems({ files: 8, waitingMs: 200_000, stuckMs: 89_000 })).toEqual([]);
    expect(problems({ files: 8, waitingMs: 200_000, stuckMs: 90_000 })).toEqual([
      'the sink "archive" stalls: it has not done with the oldest file for 90 s and says nothing; look at its destination and the log (8 files wait, the oldest for 3 min)',
    ]);
  });

  it('is that it is at its cap, or was over it, with the setting', () => {
    expect(problems({ bytes: 9 * GIB })).toEqual([]);
    expect(problems({ bytes: 9.5 * GIB })).toEqual([
      'what waits for the sink "archive" takes 95 % of its cap of 10 GiB: beyond it the oldest flows are dropped and counted as flows_spool_cap. Have it take flows faster, or raise its spool_max_size',
    ]);
    const dropped = { droppedFlows: 12_000, droppedAgoMs: 5_000 };
    expect(problems({ bytes: 9.9 * GIB, ...dropped })).toEqual([
      'what waits for the sink "archive" went over its cap of 10 GiB: the oldest 12,000 flows were dropped since the collecting process started, the last 5 s ago, and are counted as flows_spool_cap. Have it take flows faster, or raise its spool_max_size',
    ]);
    expect(problems({ name: 'store', ...dropped })).toEqual([
      expect.stringMatching(/^what waits for the store went over .* raise spool\.max_size$/),
    ]);
    expect(problems({ droppedFlows: 12_000, droppedAgoMs: 600_001 })).toEqual([]);
  });

  it('is every file that was set aside, by name and reason, with where it is and what to do', () => {
    const files = ['a', 'b', 'c', 'd'].map((name) => file(name));
    const aside = {
      files: [...files, file('rows.jsonl', { rows: 0, reason: 'line 3 is not a row of entities' })],
      count: 30,
    };
    expect(problems({ name: 'store' }, told({ aside }))).toEqual([
      'the store could not use 30 files, set aside in /data/spool/consumers/store/aside: ' +
        'rows.jsonl (line 3 is not a row of entities), d (1,200 flows; block 2 is damaged), c (1,200 flows; block 2 is damaged) and 27 more. ' +
        'Flows in them are counted as flows_spool_corrupt. Check the disk and what else writes to it, then remove them from there',
    ]);
    expect(problems({}, told({ aside: { files: [file('a', { rows: 1 })], count: 1 } }))).toEqual([
      expect.stringContaining(
        'could not use 1 file, set aside in /data/spool/consumers/archive/aside: a (1 flow; block 2 is damaged). ',
      ),
    ]);
  });

  it('is, for a day, that somebody removed files', () => {
    const gone = { stats: { ...stats, missingFiles: 2, missingRows: 900 }, missing: { name: 'x-7', agoMs: 7_200_000 } };
    expect(problems({}, told(gone))).toEqual([
      '2 files that waited for the sink "archive" were removed by somebody else, the last x-7, 2 h ago: 900 flows are counted as flows_spool_missing. Nothing but Weir may remove files from /data/spool/consumers/archive/flows',
    ]);
    expect(problems({}, told({ ...gone, missing: { name: 'x-7', agoMs: 86_400_001 } }))).toEqual([]);
  });
});

describe('what is wrong with the names of sinks', () => {
  const names = (more: Partial<NamesStatus>): NamesStatus => ({
    rows: {},
    forgotten: { entities: 0, strings: 0 },
    problem: '',
    aside: { files: [], count: 0 },
    time: 0,
    pid: 1,
    ...more,
  });

  it('is nothing while all are known', () => {
    expect(namesProblems('/data/spool', names({}))).toEqual([]);
  });

  it('is that they cannot be kept, are too many, or cannot be read', () => {
    const aside = {
      files: [file('entities-1.jsonl', { rows: 0, reason: 'line 1 is not a row of entities' })],
      count: 1,
    };
    const more = { problem: 'EACCES', forgotten: { entities: 131_072, strings: 0 }, aside };
    expect(namesProblems('/data/spool', names(more))).toEqual([
      'names cannot be read or written down: EACCES. Flows go to the sinks without names that are not known yet',
      'more names are known than sinks keep: the longest unused were forgotten (131,072 of entities), and flows that need them go to the sinks without. Keep senders that make names up out with listen.allow',
      'the sinks could not use 1 file of names, set aside in /data/spool/consumers/names/aside: entities-1.jsonl (line 1 is not a row of entities). Check the disk and what else writes to it, then remove them from there',
    ]);
  });
});
