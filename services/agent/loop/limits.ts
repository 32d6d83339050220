/** Limits of one turn of a chat, or of one run. */
export interface Limits {
  /** Calls of the model. */
  readonly maxSteps: number;
  readonly maxSeconds: number;
  /**
   * Tokens of all model calls together, prompts included. Checked between steps, so the last step may exceed the limit
   * by `MAX_OUTPUT_TOKENS`.
   */
  readonly maxTokens: number;
}

export type Stopped = 'steps' | 'tokens';

/** Limit of one model call: a loop that writes without end costs no more than this. */
export const MAX_OUTPUT_TOKENS = 4_096;

/** Stands for an empty answer (filtered, cut off, or without words), which would look like a fault of the agent. */
export const NO_WORDS = 'The model ended its turn without a word. What it did is kept in the missions.';

export const stoppedText = (by: Stopped, { maxSteps, maxTokens }: Limits): string =>
  `I stopped after ${by === 'steps' ? `${maxSteps} steps` : `${maxTokens} tokens`}, which is my limit for one turn. What was done is kept in the missions; say "continue" to go on.`;
