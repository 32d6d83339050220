import { fileURLToPath } from 'node:url';

const moved = fileURLToPath(new URL('./moved-clock.ts', import.meta.url));

/** The environment of a program whose clock is off by so many milliseconds. */
export const movedBy = (milliseconds: number): Record<string, string> => ({
  NODE_OPTIONS: `--import=${moved}`,
  CLOCK_MOVED_MS: String(milliseconds),
});
