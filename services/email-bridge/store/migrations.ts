import { CreateEmails } from './migrations/2026-11-22-emails.ts';

/** In the order in which they run. */
export const emailMigrations = [CreateEmails];
