import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ClockGuard, type Clocks, SYSTEM_CLOCKS } from './clock-guard.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** A machine: time passes, its clock is set, it is booted again. */
class Machine implements Clocks {
  #wall = Date.UTC(2026, 0, 2, 12);
  #ticks = 1000;
  #boot = 1;
  wall = () => this.#wall;
  ticks = () => this.#ticks;
  boot = () => `boot-${this.#boot}`;

  pass(ms: number): void {
    this.#wall += ms;
    this.#ticks += ms;
  }

  set(by: number): void {
    this.#wall += by;
  }

  off(ms: number): void {
    this.#wall += ms;
    this.#ticks = 0;
    this.#boot++;
  }
}

describe('the guard of the clock', () => {
  let dir: string;
  let path: string;
  let machine: Machine;
  let guard: ClockGuard;
  const start = (newestKnown?: number) =>
    new ClockGuard({ path, clocks: machine, ...(newestKnown === undefined ? {} : { newestKnown }) });
  /** Looks every minute while time passes; what it said at the end. */
  const watch = (ms: number) => {
    let said: string | undefined;
    for (let passed = 0; passed < ms; passed += MINUTE) {
      machine.pass(MINUTE);
      said = guard.look();
    }
    return said;
  };

  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), 'weir-clock-'));
    path = join(dir, 'clock.json');
    machine = new Machine();
    guard = start();
  });
  afterEach(() => rmSync(dir, { recursive: true, force: true }));

  it('believes a clock that goes as time does, for weeks and across restarts', () => {
    for (let day = 0; day < 21; day++) {
      expect(watch(DAY / 4)).toBeUndefined();
      guard = start();
    }
  });

  it('believes small corrections, one after the other', () => {
    for (let day = 0; day < 10; day++) {
      machine.set(30 * MINUTE);
      expect(watch(DAY + HOUR)).toBeUndefined();
    }
  });

  it.each([3 * HOUR, 400 * DAY, -DAY])('doubts a jump of %d ms until the clock has come back', (jump) => {
    watch(HOUR);
    machine.set(jump);
    expect(watch(5 * HOUR)).toMatch(/^the clock of this machine jumped (3 h ahead|400 days ahead|24 h back): no data/);
    machine.set(-jump);
    expect(watch(MINUTE)).toBeUndefined();
  });

  it('believes a new time that has held for a day', () => {
    machine.set(3 * HOUR);
    expect(watch(DAY - HOUR)).toBeDefined();
    expect(watch(2 * HOUR)).toBeUndefined();
    machine.set(-3 * HOUR);
    expect(watch(HOUR)).toMatch(/3 h back/);
  });

  it('begins to wait again when the clock jumps once more', () => {
    machine.set(3 * HOUR);
    watch(DAY - HOUR);
    machine.set(100 * DAY);
    expect(watch(DAY - HOUR)).toBeDefined();
    expect(watch(2 * HOUR)).toBeUndefined();
  });

  it('doubts a clock that creeps by less than the tolerance each time', () => {
    let said: string | undefined;
    for (let step = 0; step < 5; step++) {
      machine.set(50 * MINUTE);
      said = watch(10 * MINUTE);
    }
    expect(said).toMatch(/4 h ahead/);
  });

  it('knows across restarts of the process what the time was, and how long a new one has held', () => {
    watch(HOUR);
    machine.set(400 * DAY);
    guard = start();
    expect(guard.look()).toMatch(/400 days ahead/);
    for (let hours = 0; hours < 20; hours += 5) {
      watch(5 * HOUR);
      guard = start();
    }
    expect(guard.look()).toBeDefined();
    expect(watch(5 * HOUR)).toBeUndefined();
  });

  it('believes a process that was away for long on a machine that was not', () => {
    watch(HOUR);
    machine.pass(90 * DAY);
    guard = start();
    expect(guard.look()).toBeUndefined();
  });

  it('believes a machine that was off for a night, and doubts one that says a year', () => {
    watch(HOUR);
    machine.off(10 * HOUR);
    guard = start();
    expect(guard.look()).toBeUndefined();
    watch(HOUR);
    machine.off(400 * DAY);
    guard = start();
    expect(guard.look()).toMatch(/400 days ahead/);
    machine.pass(HOUR);
    machine.off(-400 * DAY);
    guard = start();
    expect(guard.look()).toBeUndefined();
  });

  it('counts what held before the machine was off for a night', () => {
    watch(HOUR);
    machine.off(60 * DAY);
    guard = start();
    expect(watch(20 * HOUR)).toBeDefined();
    machine.off(8 * HOUR);
    guard = start();
    expect(guard.look()).toBeDefined();
    expect(watch(5 * HOUR)).toBeUndefined();
  });

  it('takes the newest data for the last known time where nothing was written', () => {
    rmSync(path, { force: true });
    guard = start(machine.wall() - 400 * DAY);
    expect(guard.look()).toMatch(/400 days ahead/);
    rmSync(path);
    guard = start(machine.wall() - HOUR);
    expect(guard.look()).toBeUndefined();
  });

  it('starts from nothing where its file is damaged', () => {
    for (const text of ['', '{', '{"boot":1}', '{"boot":"boot-1","trusted":{"wall":1,"ticks":2},"last":{}}', '\0\0']) {
      writeFileSync(path, text);
      guard = start();
      expect(guard.look()).toBeUndefined();
    }
  });

  it('finds the clocks of this machine in agreement', () => {
    const real = new ClockGuard({ path, clocks: SYSTEM_CLOCKS });
    expect(real.look()).toBeUndefined();
    expect(new ClockGuard({ path, clocks: SYSTEM_CLOCKS }).look()).toBeUndefined();
  });
});
