import { CreateNotices } from './migrations/2026-12-04-notices.ts';
import { WithdrawNotices } from './migrations/2026-12-05-withdrawals.ts';
import { NoteWhatAgentsTold } from './migrations/2026-12-06-agents-told.ts';
import { PushNotices } from './migrations/2026-12-06-pushes.ts';
import { AddActionLinks } from './migrations/2026-12-07-action-links.ts';
import { RememberDelegates } from './migrations/2026-12-10-delegates.ts';
import { AddWebhooks } from './migrations/2026-12-08-webhooks.ts';
import { CloseOwners } from './migrations/2026-12-12-closed-owners.ts';
import { CloseFurtherEntrances } from './migrations/2026-12-22-further-entrances.ts';

/** In the order in which they run. */
export const notifierMigrations = [
  CreateNotices,
  WithdrawNotices,
  NoteWhatAgentsTold,
  PushNotices,
  AddActionLinks,
  AddWebhooks,
  RememberDelegates,
  CloseOwners,
  CloseFurtherEntrances,
];
