import { nameOf } from './spec-files.ts';

/**
 * What `npm run test:quick` leaves out: starts of the whole launcher, kills under load, virtual days of a thousand
 * missions, and long repetitions. A title says how often it repeats (`…, 200 times`), and that is how the last are
 * recognised.
 */
const LONG_FILES: readonly string[] = [
  'test/chaos/',
  'test/e2e/',
  'services/scheduler/runs/day.spec.ts',
  'test/integration/agent-runs.spec.ts',
];
const LONG_TITLE = /\b\d{2,} times\b/;

export const isLongFile = (file: string): boolean => LONG_FILES.some((prefix) => nameOf(file).startsWith(prefix));
export const isLongTitle = (title: string): boolean => LONG_TITLE.test(title);
