import { CreateEmails } from './migrations/2026-11-22-emails.ts';
import { CountTriesOfMail } from './migrations/2026-11-28-unread-mail.ts';

/** In the order in which they run. */
export const emailMigrations = [CreateEmails, CountTriesOfMail];
