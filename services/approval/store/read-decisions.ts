import type { Decision } from '@missions/contracts/approval/input-request.ts';
import { cursorAt, type TimePosition } from '@missions/persistence/cursor.ts';
import type { Tx } from '@missions/persistence/transaction.ts';
import { fittingRows } from './read-requests.ts';

const DEFAULT_LIMIT = 50;

/** A member of the answer, or of what it led to, that is left out where there is none. */
const ifGiven = (member: string, from: string): string =>
  `case when ${from} ? '${member}' then jsonb_build_object('${member}', ${from} -> '${member}') else '{}' end`;

/**
 * What a user is shown of it: not the options that were not taken, nor the context, which may be long. `answer` is the
 * user's own, or that of their delegate; what was approved, and its receipt, are of the request, which others may have approved as well.
 */
const decisionJson = `jsonb_build_object(
  'request_id', r.id, 'mission_id', r.mission_id, 'task_id', r.task_id,
  'task', jsonb_build_object('title', r.task ->> 'title'), 'question', r.prompt,
  'answer', jsonb_build_object(
    'selected_option', d.answer -> 'selected_option',
    'label', (select one ->> 'label' from jsonb_array_elements(r.options::jsonb) one
               where one ->> 'id' = d.answer ->> 'selected_option' limit 1),
    'freeform_text', d.answer -> 'freeform_text') || ${ifGiven('note', 'd.answer')},
  'asked_at', iso(r.created_at), 'decided_at', iso(d.decided_at), 'via', d.answer ->> 'via')
  || case when d.answer ? 'on_behalf_of' then jsonb_build_object('responded_by', d.answer -> 'responded_by',
      'on_behalf_of', d.answer -> 'on_behalf_of') else '{}' end
  || case when d.approves then ${ifGiven('effective_action', 'r.response')} || ${ifGiven('receipt', 'r.response')} else '{}' end`;

/** What the user has decided, or others for them, newest first; an option that was taken because nobody answered is not the user's. */
export async function listDecisions(
  tx: Tx,
  { customer_id, user_id }: { readonly customer_id: string; readonly user_id: string },
  limit: number = DEFAULT_LIMIT,
  after?: TimePosition,
): Promise<{ items: Decision[]; next_cursor: string | null }> {
  const values: unknown[] = [customer_id, user_id, limit + 1, ...(after ?? [])];
  const page = (at: string) => `${after ? `and (${at}, r.id) < ($4::timestamptz, $5::uuid)` : ''}
      order by ${at} desc, r.id desc limit $3`;
  // Of a question that several people answer, and of another's, the user's answer stands beside it.
  const text = `select ${decisionJson} as row from (
      (select r.id, r.responded_at as decided_at, r.response as answer, true as approves from input_request r
        where r.customer_id = $1 and r.user_id = $2 and r.responded_at is not null and r.quorum = 1
          and r.response ->> 'responded_by' = $2 ${page('r.responded_at')})
      union all
      (select r.id, a.responded_at, a.response, a.approves from input_answer a
         join input_request r on r.customer_id = a.customer_id and r.id = a.request_id
        where a.customer_id = $1 and a.user_id = $2 ${page('a.responded_at')})
      union all
      (select r.id, a.responded_at, a.response, a.approves from input_answer a
         join input_request r on r.customer_id = a.customer_id and r.id = a.request_id
        where a.customer_id = $1 and a.on_behalf_of = $2 ${page('a.responded_at')})) d
    join input_request r on r.customer_id = $1 and r.id = d.id
    order by d.decided_at desc, d.id desc limit $3`;
  const rows = await tx.run<{ row: Decision }>({ name: '', text }, values);
  const shown = fittingRows(rows.slice(0, limit));
  const last = shown.length < rows.length ? shown.at(-1)?.row : undefined;
  return {
    items: shown.map(({ row }) => (row.task_id === null ? { ...row, task: null } : row)),
    next_cursor: last ? cursorAt([last.decided_at, last.request_id]) : null,
  };
}
