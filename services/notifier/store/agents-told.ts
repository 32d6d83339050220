import { statement } from '@missions/persistence/statement.ts';
import type { Tx } from '@missions/persistence/transaction.ts';
import type { UserKey } from './people.ts';
import type { StoredSubject } from './subjects.ts';

/** What has ended without an answer waits to be told for so long. */
const OUTCOME_DAYS = 7;

const untold = statement(
  'subject.untold',
  `select s.id, s.user_id, s.mission_id, s.facts, s.about, s.taken, s.version, s.delegates from subject s
    where s.customer_id = $1 and s.user_id = $2 and s.agent_told_at is null and s.about is not null
      and (s.is_open or (s.facts ->> 'state' in ('expired', 'defaulted') and (s.facts ->> 'ended_at')::float8 > $3))
    order by s.created_at, s.id limit $4`,
);
/** What no agent has told the user of. */
export const untoldSubjects = (tx: Tx, user: UserKey, now: number, limit: number): Promise<StoredSubject[]> =>
  tx.run<StoredSubject>(untold, [user.customer_id, user.user_id, now - OUTCOME_DAYS * 86_400_000, limit]);

/** A question that has ended meanwhile is not the one that was told. */
const tell = statement(
  'subject.agent_told',
  `update subject s set agent_told_at = $4
    where s.customer_id = $1 and s.user_id = $2 and s.agent_told_at is null
      and s.id = any(select regexp_replace(one, '^outcome:', 'question:') from unnest($3::text[]) one
                      where s.id not like 'question:%' or (one like 'question:%') = s.is_open)
   returning case when s.id like 'question:%' and not s.is_open then 'outcome' || substr(s.id, 9) else s.id end as id`,
);
export async function markAgentTold(tx: Tx, user: UserKey, ids: readonly string[], now: Date): Promise<string[]> {
  // Another's question has the name of its reader at its end, which the reader is not shown.
  const all = ids.flatMap((id) => [id, `${id}:${user.user_id}`]);
  const rows = await tx.run<{ id: string }>(tell, [user.customer_id, user.user_id, all, now]);
  return rows.map(({ id }) => id.split(':', 2).join(':'));
}
