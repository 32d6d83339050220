import { noticeChannels } from '@missions/contracts/notifier/preferences.ts';
import type { Database } from '@missions/persistence/database.ts';
import { statement } from '@missions/persistence/statement.ts';
import { autocommit } from '@missions/persistence/transaction.ts';
import { gauge } from '@missions/runtime/metrics.ts';

const queued = gauge('missions_notices_queued', 'Notices to users that have not left', ['channel']);
const oldest = gauge('missions_notices_oldest_seconds', 'How long the oldest of these has waited', ['channel']);

const waiting = statement(
  'notifier.measure',
  `select channel, count(*)::int as queued,
          greatest(0, extract(epoch from clock_timestamp() - min(created_at)))::float8 as seconds
     from notice where status = 'queued' group by channel`,
);

const endpoints = gauge('missions_webhooks', 'Endpoints of customers, by state', ['state']);
const failing = gauge(
  'missions_webhooks_oldest_failing_seconds',
  'How long the endpoint has failed that fails longest',
);
const states = ['active', 'failing', 'paused', 'disabled'];

const inState = statement(
  'notifier.measure_webhooks',
  `select case when status = 'active' and failing_since is not null then 'failing' else status end as state,
          count(*)::int as n,
          coalesce(max(extract(epoch from clock_timestamp() - failing_since))::float8, 0) as seconds
     from webhook group by 1`,
);

/** Notices that wait, and endpoints of customers. */
export async function measureNotices({ db }: { readonly db: Database }): Promise<void> {
  const rows = await autocommit(db).run<{ channel: string; queued: number; seconds: number }>(waiting);
  for (const channel of noticeChannels) {
    const row = rows.find((one) => one.channel === channel);
    queued.set({ channel }, row?.queued ?? 0);
    oldest.set({ channel }, row?.seconds ?? 0);
  }
  const counted = await autocommit(db).run<{ state: string; n: number; seconds: number }>(inState);
  for (const state of states) endpoints.set({ state }, counted.find((one) => one.state === state)?.n ?? 0);
  failing.set(Math.max(0, counted.find(({ state }) => state === 'failing')?.seconds ?? 0));
}
