import type { Decision } from '@missions/contracts/approval/input-request.ts';
import type { Tx } from '@missions/persistence/transaction.ts';
import { isUuid } from '@missions/runtime/id.ts';
import { fittingRows, isTime } from './read-requests.ts';

const DEFAULT_LIMIT = 50;

/** A member of the response that is left out where there is none. */
const ifGiven = (member: string): string =>
  `case when r.response ? '${member}' then jsonb_build_object('${member}', r.response -> '${member}') else '{}' end`;

/** What a user is shown of it: not the options that were not taken, nor the context, which may be long. */
const decisionJson = `jsonb_build_object(
  'request_id', r.id, 'mission_id', r.mission_id, 'task_id', r.task_id,
  'task', jsonb_build_object('title', r.task ->> 'title'), 'question', r.prompt,
  'answer', jsonb_build_object(
    'selected_option', r.response -> 'selected_option',
    'label', (select one ->> 'label' from jsonb_array_elements(r.options::jsonb) one
               where one ->> 'id' = r.response ->> 'selected_option' limit 1),
    'freeform_text', r.response -> 'freeform_text') || ${ifGiven('note')},
  'asked_at', iso(r.created_at), 'decided_at', iso(r.responded_at), 'via', r.response ->> 'via')
  || ${ifGiven('effective_action')} || ${ifGiven('receipt')}`;

/** The last decision of a page, behind which the next one begins. */
export type DecisionPosition = readonly [decidedAt: string, id: string];

/** What the user has decided, newest first; an option that was taken because nobody answered is not the user's. */
export async function listDecisions(
  tx: Tx,
  { customer_id, user_id }: { readonly customer_id: string; readonly user_id: string },
  limit: number = DEFAULT_LIMIT,
  after?: DecisionPosition,
): Promise<{ items: Decision[]; next_cursor: string | null }> {
  const values: unknown[] = [customer_id, user_id, limit + 1, ...(after ?? [])];
  const text = `select ${decisionJson} as row from input_request r
    where r.customer_id = $1 and r.user_id = $2 and r.responded_at is not null and r.response ->> 'responded_by' = $2
      ${after ? 'and (r.responded_at, r.id) < ($4::timestamptz, $5::uuid)' : ''}
    order by r.responded_at desc, r.id desc limit $3`;
  const rows = await tx.run<{ row: Decision }>({ name: '', text }, values);
  const shown = fittingRows(rows.slice(0, limit));
  const last = shown.length < rows.length ? shown.at(-1)?.row : undefined;
  return {
    items: shown.map(({ row }) => (row.task_id === null ? { ...row, task: null } : row)),
    next_cursor: last ? encode([last.decided_at, last.request_id]) : null,
  };
}

const encode = (position: DecisionPosition): string => Buffer.from(JSON.stringify(position)).toString('base64url');

/** Null if the text is no cursor of this list. */
export function decodeDecisionCursor(cursor: string): DecisionPosition | null {
  try {
    const parts: unknown = JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8'));
    if (!Array.isArray(parts) || parts.length !== 2) return null;
    const [decidedAt, id] = parts as unknown[];
    return isTime(decidedAt) && typeof id === 'string' && isUuid(id) ? [decidedAt as string, id] : null;
  } catch {
    return null;
  }
}
