import type { ReadingNote } from '@missions/contracts/email/email.ts';

export type { ReadingNote };

/** A message of a stranger may have a thousand odd parts; nobody reads on after so many notes. */
const MAX_NOTES = 8;

/**
 * What the stages of the reading left out of a message or guessed about it, and why. A note is made of this program's
 * own words and of numbers: it stands outside `untrusted`, so nothing that a sender wrote may be in it.
 */
export class ReadingNotes {
  readonly #notes: ReadingNote[] = [];

  /** Something was left out or decided by a rule that is known to hold. */
  say(stage: ReadingNote['stage'], what: string, why: string): void {
    this.#add({ stage, what, why, unsure: false });
  }

  /** The stage had to guess: whoever relies on the words should look at the whole text. */
  doubt(stage: ReadingNote['stage'], what: string, why: string): void {
    this.#add({ stage, what, why, unsure: true });
  }

  /** In the order of the stages' work. Doubts are kept before the rest if there are too many. */
  get all(): ReadingNote[] {
    if (this.#notes.length <= MAX_NOTES) return [...this.#notes];
    const doubts = this.#notes.filter(({ unsure }) => unsure).slice(0, MAX_NOTES);
    const rest = this.#notes.filter(({ unsure }) => !unsure).slice(0, MAX_NOTES - doubts.length);
    const kept = new Set([...doubts, ...rest]);
    return this.#notes.filter((note) => kept.has(note));
  }

  #add(note: ReadingNote): void {
    const isKnown = this.#notes.some(
      ({ stage, what, why }) => stage === note.stage && what === note.what && why === note.why,
    );
    if (!isKnown && this.#notes.length < 10 * MAX_NOTES) this.#notes.push(note);
  }
}

/** `1 line`, `12 lines`. */
export const counted = (count: number, noun: string): string => `${count} ${noun}${count === 1 ? '' : 's'}`;
