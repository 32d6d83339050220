import { CreateNotices } from './migrations/2026-12-04-notices.ts';

/** In the order in which they run. */
export const notifierMigrations = [CreateNotices];
