// What a scenario is: an attack with a name, that runs for a while, counts what it did, and reports findings that can be replayed.

/** Something that must never be. */
export interface Finding {
  /** The rule that was broken, as a word: `throws`, `ledger`. */
  readonly oracle: string;
  /** What was seen, for people. */
  readonly message: string;
  /** What brings it about again, as JSON; the scenario reads it back. */
  readonly input: unknown;
}

/** A number that says what was done or how it went. */
export interface Figure {
  readonly name: string;
  readonly unit: string;
  readonly value: number;
}

/** What a run gives a scenario to work with. */
export interface Siege {
  readonly seed: number;
  /** How long to go on; absent where `rounds` bounds it. */
  readonly seconds?: number;
  /** How many attacks, each as large as the scenario sees fit: a bound that does not depend on the machine. */
  readonly rounds?: number;
  /** Processes that may work at once. */
  readonly processes: number;
  /** Progress, for people. */
  say(text: string): void;
  /** Takes a finding; the same one again is dropped. */
  found(finding: Finding): void;
}

export interface Scenario {
  /** As in `--only`. */
  readonly name: string;
  readonly summary: string;
  run(siege: Siege): Promise<readonly Figure[]>;
  /** Does once more what a finding's input says; answers what is wrong now, nothing if it is well. */
  replay(input: unknown): Promise<readonly Omit<Finding, 'input'>[]>;
}
