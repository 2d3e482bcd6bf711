// Whether the wall clock can be believed when old data is to be dropped. A clock that jumps a year ahead makes all data old; dropped is
// dropped. So its progress is compared with that of the kernel's own count of seconds since boot, which nobody sets, also across restarts
// of this process. After a jump the clock is in doubt until it has come back or the new time has held for a day.
import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { uptime } from 'node:os';

const HOUR = 3_600_000;
/** How far the wall clock may be from where the kernel's count puts it. */
const TOLERANCE_MS = HOUR;
/** How long a new time has to hold before it is believed. */
const HOLD_MS = 24 * HOUR;
/** Nobody counts while the machine is off: this much more than what was last known is taken for that. */
const OFF_MS = 24 * HOUR;

/** A moment by both clocks, in milliseconds. */
interface Moment {
  readonly wall: number;
  readonly ticks: number;
}

interface State {
  readonly boot: string;
  /** A moment at which the wall clock was right. */
  readonly trusted: Moment;
  readonly last: Moment;
  /** Since when it has shown another time. */
  readonly doubted?: Moment;
}

export interface Clocks {
  /** Milliseconds since 1970. */
  wall(): number;
  /** Milliseconds of a clock that nobody sets and that runs while the machine sleeps. */
  ticks(): number;
  /** What tells one run of the machine from the next, where `ticks` begin again. */
  boot(): string;
}

export const SYSTEM_CLOCKS: Clocks = {
  wall: Date.now,
  ticks: () => uptime() * 1000,
  boot() {
    try {
      return readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
    } catch {
      // Elsewhere than on Linux: the moment of the boot, give or take what the clock was set meanwhile.
      return `boot-${Math.round((Date.now() / 1000 - uptime()) / 600)}`;
    }
  },
};

/** Where the kernel's count puts the wall clock at `ticks`, from a moment at which it was known. */
const expected = (from: Moment, ticks: number): number => from.wall + (ticks - from.ticks);
const near = (wall: number, from: Moment, ticks: number): boolean =>
  Math.abs(wall - expected(from, ticks)) <= TOLERANCE_MS;

/** The state after another look at the clocks. */
function next(state: State, now: Moment, boot: string): State {
  const base = boot === state.boot ? state : rebooted(state, now, boot);
  if (near(now.wall, base.trusted, now.ticks)) {
    // Taken anew once a day: a clock that goes wrong slowly is corrected slowly, and not by an hour a day.
    const trusted = now.ticks - base.trusted.ticks >= HOLD_MS ? now : base.trusted;
    return { boot, trusted, last: now };
  }
  const held = base.doubted !== undefined && near(now.wall, base.doubted, now.ticks) ? base.doubted : now;
  if (now.ticks - held.ticks >= HOLD_MS) return { boot, trusted: now, last: now };
  return { boot, trusted: base.trusted, last: now, doubted: held };
}

/** The state carried over to a new run of the machine, of which it is not known when the last one ended. */
function rebooted(state: State, now: Moment, boot: string): State {
  const right = expected(state.trusted, state.last.ticks);
  const off = (since: number): boolean => now.wall >= since - TOLERANCE_MS && now.wall <= since + OFF_MS;
  const trusted = { wall: off(right) ? now.wall : right, ticks: now.ticks };
  if (state.doubted === undefined) return { boot, trusted, last: now };
  // What had held before the machine was off counts.
  const heldMs = state.last.ticks - state.doubted.ticks;
  const doubted = off(state.last.wall) ? { wall: now.wall - heldMs, ticks: now.ticks - heldMs } : now;
  return { boot, trusted, last: now, doubted };
}

export interface ClockGuardOptions {
  /** File in which what is known of the clock outlives the process; it holds nothing else. */
  readonly path: string;
  /** The last moment by the wall clock that is known otherwise, for a first start on old data: the time of the newest flow. */
  readonly newestKnown?: number;
  readonly clocks?: Clocks;
}

export class ClockGuard {
  readonly #path: string;
  readonly #clocks: Clocks;
  #state: State;

  constructor({ path, newestKnown, clocks = SYSTEM_CLOCKS }: ClockGuardOptions) {
    this.#path = path;
    this.#clocks = clocks;
    this.#state = readState(path) ?? this.#first(newestKnown);
  }

  /** Looks at the clocks: at least every few minutes. Returns why the wall clock is in doubt, as a sentence; undefined when it is not. */
  look(): string | undefined {
    const now = this.#now();
    this.#state = next(this.#state, now, this.#clocks.boot());
    this.#save();
    const { trusted, doubted } = this.#state;
    if (doubted === undefined) return undefined;
    const jump = now.wall - expected(trusted, now.ticks);
    const until = new Date(doubted.wall + HOLD_MS).toISOString();
    return (
      `the clock of this machine jumped ${durationText(Math.abs(jump))} ${jump > 0 ? 'ahead' : 'back'}: no data is dropped for its age ` +
      `until the clock is set right, or has kept this time until ${until}`
    );
  }

  #now(): Moment {
    return { wall: this.#clocks.wall(), ticks: this.#clocks.ticks() };
  }

  #first(newestKnown: number | undefined): State {
    const now = this.#now();
    const last = newestKnown === undefined ? now : { wall: newestKnown, ticks: now.ticks };
    // As if the machine had been off since the newest data.
    return { boot: newestKnown === undefined ? this.#clocks.boot() : '', trusted: last, last };
  }

  #save(): void {
    try {
      writeFileSync(`${this.#path}.tmp`, JSON.stringify(this.#state), { mode: 0o600 });
      renameSync(`${this.#path}.tmp`, this.#path);
    } catch {
      // A disk that cannot be written says so elsewhere. This process knows the time all the same.
    }
  }
}

function isMoment(value: unknown): value is Moment {
  const { wall, ticks } = (value ?? {}) as Record<string, unknown>;
  return Number.isFinite(wall) && Number.isFinite(ticks);
}

function isState(value: unknown): value is State {
  const { boot, trusted, last, doubted } = (value ?? {}) as Record<string, unknown>;
  return (
    typeof boot === 'string' && isMoment(trusted) && isMoment(last) && (doubted === undefined || isMoment(doubted))
  );
}

/** What was written, or nothing: what cannot be read says no more than a first start. */
function readState(path: string): State | undefined {
  try {
    const state: unknown = JSON.parse(readFileSync(path, 'utf8'));
    return isState(state) ? state : undefined;
  } catch {
    return undefined;
  }
}

function durationText(ms: number): string {
  return ms >= 48 * HOUR ? `${Math.round(ms / (24 * HOUR))} days` : `${Math.round(ms / HOUR)} h`;
}
