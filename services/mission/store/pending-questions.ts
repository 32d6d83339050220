import type { AskedInputRequest } from '@missions/contracts/approval/input-request.ts';
import { missionChanges } from '@missions/contracts/mission/changes.ts';
import { statement } from '@missions/persistence/statement.ts';
import type { Tx } from '@missions/persistence/transaction.ts';
import { isOpen } from './json.ts';

interface User {
  readonly customer_id: string;
  readonly user_id: string;
}

/**
 * The questions that a user has to answer. A mission with one needs attention, so that the others are not looked into.
 * Joined without `lateral`, the 300 open questions of a customer were read for each of 300 missions while the database
 * was new: 10 to 40 ms instead of 0.6.
 */
const pendingQuestions = (limit: string): string => `
  select from mission m,
         lateral (select from blocker b
                   where b.mission_id = m.id and b.customer_id = m.customer_id
                     and b.kind = 'human_input' and ${isOpen('b')} offset 0) q
   where m.customer_id = $1 and m.user_id = $2 and m.deleted_at is null and m.needs_attention limit ${limit}`;

const LOCK = 'hashtextextended($1 || chr(31) || $2, 20261128)';

const share = statement(
  'mission.share_questions',
  `select case when count(*) < $3 then pg_try_advisory_xact_lock_shared(${LOCK}) else false end as shared,
          (select questions from customer_quota where customer_id = $1) as quota
     from (${pendingQuestions('$3')}) few`,
);

/**
 * Whether the user has fewer questions to answer than `few`; then those who ask the user meanwhile do so side by side,
 * and whoever wants the lock for itself waits for them. `few` must leave room for as many transactions as the database
 * has connections. One after another, 16 that ask one user at once took 100 ms each for a commit of 6 ms.
 *
 * Also says how many questions of all users the customer may have waiting; null if that is not limited.
 */
export async function shareQuestionsOf(tx: Tx, { customer_id, user_id }: User, few: number) {
  const [row] = await tx.run<{ shared: boolean; quota: number | null }>(share, [customer_id, user_id, few]);
  return { shared: row?.shared === true, quota: row?.quota ?? null };
}

const lock = statement('mission.lock_questions', `select pg_advisory_xact_lock(${LOCK})`);

/** Held until the transaction ends. Taken after the mission's row and before the keys of signals. */
export const lockQuestionsOf = (tx: Tx, { customer_id, user_id }: User) => tx.run(lock, [customer_id, user_id]);

const count = statement(
  'mission.count_questions',
  `select count(*)::int as pending from (${pendingQuestions('$3')}) q`,
);

/** The questions that a user has to answer, counted up to a limit. */
export async function countPendingQuestions(tx: Tx, { customer_id, user_id }: User, limit: number): Promise<number> {
  const [row] = await tx.run<{ pending: number }>(count, [customer_id, user_id, limit]);
  return row?.pending ?? 0;
}

const lockCustomer = statement(
  'mission.lock_customer_questions',
  'select pg_advisory_xact_lock(hashtextextended($1, 20261219))',
);
const countCustomer = statement(
  'mission.count_customer_questions',
  `select count(*)::int as pending
     from blocker b join mission m on m.id = b.mission_id and m.customer_id = b.customer_id
    where b.customer_id = $1 and b.kind = 'human_input' and b.resolved_at is null and m.deleted_at is null`,
);

/** The questions of a customer that wait. */
export async function countQuestionsOfCustomer(tx: Tx, customerId: string): Promise<number> {
  const [row] = await tx.run<{ pending: number }>(countCustomer, [customerId]);
  return row?.pending ?? 0;
}

/** Held until the transaction ends. Taken after the lock of the user's questions. */
export const lockQuestionsOfCustomer = (tx: Tx, customerId: string) => tx.run(lockCustomer, [customerId]);

const ending = statement(
  'mission.end_of_question',
  `select resolution ->> 'by' as by from blocker
    where mission_id = $1 and customer_id = $2 and key = $3 and resolved_at is not null order by opened_at desc limit 1`,
);

/** How the wait for a question ended; undefined if the mission never asked it, or still waits. */
export async function endOfQuestion(tx: Tx, customerId: string, missionId: string, key: string) {
  const [row] = await tx.run<{ by: string }>(ending, [missionId, customerId, key]);
  return row?.by;
}

/** The question stands in the inbox of a user who is not the mission's. */
const isShownTo = (isTheirs: string, b: string): string => `exists (select from inbox_item i
  where i.mission_id = ${b}.mission_id and i.customer_id = ${b}.customer_id and i.user_id ${isTheirs}
    and i.kind = 'question' and i.ended_at is null and 'human_input:' || i.request_id = ${b}.key)`;

const open = statement(
  'mission.open_question',
  `select b.mission_id, 'open' as wait from blocker b join mission m on m.id = b.mission_id and m.customer_id = b.customer_id
    where b.customer_id = $1 and b.key = $2 and b.resolved_at is null and ($3::text is null or m.user_id = $3 or ${isShownTo('= $3', 'b')}
        or b.proposes is null and (m.user_id = any($5::text[]) or ${isShownTo('= any($5::text[])', 'b')}))
      and ($4::uuid is null or m.id = $4)`,
);
const ended = statement(
  'mission.ended_question',
  `select b.mission_id, case when b.resolution ->> 'by' in ('answer', 'timeout') then 'none' else 'over' end as wait
     from blocker b join mission m on m.id = b.mission_id and m.customer_id = b.customer_id
    where b.customer_id = $1 and b.key = $2 and ($3::text is null or m.user_id = $3) and m.id = $4
    order by b.opened_at desc limit 1`,
);

interface Whose {
  readonly customer_id: string;
  readonly user_id: string | null;
  /** For whom the user answers as well. */
  readonly delegators: readonly string[];
}

/** The wait for a question's answer. Without its mission's id it is found only while it is open. */
export async function waitForQuestion(
  tx: Tx,
  { customer_id, user_id, delegators }: Whose,
  key: string,
  missionId: string | null,
): Promise<{ readonly mission_id: string; readonly wait: 'open' | 'over' | 'none' } | undefined> {
  const values = [customer_id, key, user_id, missionId];
  const [found] = await tx.run<{ mission_id: string; wait: 'open' }>(open, [...values, delegators]);
  if (found || missionId === null) return found;
  const [over] = await tx.run<{ mission_id: string; wait: 'over' | 'none' }>(ended, values);
  return over;
}

const asked = statement(
  'mission.asked_question',
  `select data -> 'question' as question from outbox
    where mission_id = $1 and type = $2 and data -> 'question' ->> 'id' = $3 limit 1`,
);

/** The question as it was asked, from its event; null if that event is no longer in the outbox. */
export async function askedQuestion(tx: Tx, missionId: string, requestId: string): Promise<AskedInputRequest | null> {
  const [row] = await tx.run<{ question: AskedInputRequest }>(asked, [
    missionId,
    missionChanges.input_requested.subject,
    requestId,
  ]);
  return row?.question ?? null;
}
