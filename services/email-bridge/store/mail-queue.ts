import { statement } from '@missions/persistence/statement.ts';

/** Messages that are still to be sent, and those from outside that were set aside. */
export const mailQueue = statement(
  'operate.queue',
  `select count(*)::int as queued, iso(min(created_at)) as oldest_queued_at,
     (select count(*)::int from unread_mail where set_aside_at is not null) as set_aside,
     coalesce((array_agg(last_error order by next_attempt_at) filter (where last_error <> ''))[1], '') as last_error
   from message where status = 'queued'`,
);
