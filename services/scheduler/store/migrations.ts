import { CreateTimers } from './migrations/2026-11-22-timers.ts';

/** In the order in which they run. */
export const schedulerMigrations = [CreateTimers];
