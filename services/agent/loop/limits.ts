/** Of one turn of a chat, or of one run. */
export interface Limits {
  /** Calls of the model. */
  readonly maxSteps: number;
  readonly maxSeconds: number;
  /** Of all its model calls together, prompts included. Looked at between steps: the last one may go over it by `maxOutputTokens`. */
  readonly maxTokens: number;
}

export type Stopped = 'steps' | 'tokens';

/** Of one model call: a loop that writes without end costs no more than this. */
export const MAX_OUTPUT_TOKENS = 4_096;

/** Filtered, cut off, or out of words: never an empty answer, which looks like a fault of ours. */
export const NO_WORDS = 'The model ended its turn without a word. What it did is kept in the missions.';

export const stoppedText = (by: Stopped, { maxSteps, maxTokens }: Limits): string =>
  `I stopped after ${by === 'steps' ? `${maxSteps} steps` : `${maxTokens} tokens`}, which is my limit for one turn. What was done is kept in the missions; say "continue" to go on.`;
