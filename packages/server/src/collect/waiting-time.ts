// For how long the oldest file of a consumer has been waiting, by a clock that nobody sets. Names rise with the age of files, so that a note
// now and then of which was the newest tells when any older one was there already.

/** Notes kept: of more every second one goes, and from then on they are further apart. What is told is too little by at most that. */
const MOST_NOTES = 1024;

interface Note {
  readonly newest: string;
  readonly at: number;
}

export class WaitingTime {
  #notes: Note[] = [];
  /** Between two notes, in milliseconds. */
  #apart = 0;

  /** Names of what waits now, undefined when nothing does, and monotonic milliseconds. Answers how long the oldest has been there. */
  look(oldest: string | undefined, newest: string | undefined, now: number): number {
    if (oldest === undefined || newest === undefined) {
      this.#notes = [];
      this.#apart = 0;
      return 0;
    }
    while (this.#notes.length > 0 && this.#notes[0].newest < oldest) this.#notes.shift();
    const last = this.#notes.at(-1);
    if (last === undefined || (newest > last.newest && now - last.at >= this.#apart)) this.#note(newest, now);
    return now - this.#notes[0].at;
  }

  #note(newest: string, at: number): void {
    this.#notes.push({ newest, at });
    if (this.#notes.length <= MOST_NOTES) return;
    this.#notes = this.#notes.filter((_, index) => index % 2 === 0);
    this.#apart = (2 * (at - this.#notes[0].at)) / MOST_NOTES;
  }
}
