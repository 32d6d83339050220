import type { Database } from '@missions/persistence/database.ts';
import { statement } from '@missions/persistence/statement.ts';
import { autocommit } from '@missions/persistence/transaction.ts';
import { gauge } from '@missions/runtime/metrics.ts';

const queued = gauge('missions_mail_queued', 'Messages that are still to be sent');
const oldest = gauge('missions_mail_oldest_seconds', 'How long the oldest of these has waited');
const setAside = gauge(
  'missions_mail_set_aside',
  'Messages from outside that could not be read and wait for an operator',
);

const waiting = statement(
  'email.measure',
  `select count(*)::int as queued,
          coalesce(greatest(0, extract(epoch from clock_timestamp() - min(created_at))), 0)::float8 as seconds,
          (select count(*)::int from unread_mail where set_aside_at is not null) as set_aside
     from message where status = 'queued'`,
);

/** Mail that waits. */
export async function measureMail({ db }: { readonly db: Database }): Promise<void> {
  const [row] = await autocommit(db).run<{ queued: number; seconds: number; set_aside: number }>(waiting);
  queued.set(row?.queued ?? 0);
  oldest.set(row?.seconds ?? 0);
  setAside.set(row?.set_aside ?? 0);
}
