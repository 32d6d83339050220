import type { EventEnvelope } from '@missions/contracts/event.ts';
import type { Deed } from '@missions/contracts/audit.ts';
import type { Idempotency } from '@missions/contracts/request.ts';
import { deedRows, insertDeeds } from '@missions/persistence/audit/record.ts';
import { idempotencyValues, ownerOfResult } from '@missions/persistence/idempotency.ts';
import { insertOutbox, outboxRows, wakeRelayAfterCommit } from '@missions/persistence/outbox/append.ts';
import { statement } from '@missions/persistence/statement.ts';
import type { Tx } from '@missions/persistence/transaction.ts';
import type { Moved } from '../domain/decide.ts';
import type { State } from '../domain/state.ts';
import { dueAt } from '../domain/state.ts';
import { columnList, now, rowOf } from './columns.ts';
import { askedBy } from './delegations.ts';

/**
 * Every write is one compare-and-set statement, which also writes the events and the idempotency key. Of several
 * commands that were decided at once, one finds the row as it was when it decided. The others write nothing, and are
 * decided again on the row that they read then.
 */
const outboxOf = (change: string, parameter: string): string =>
  `${insertOutbox(parameter)} where exists (select from ${change})`;

/** The first row of a request: the request itself, or the tombstone of a cancellation that arrived before it. */
const insert = statement(
  'approval.insert',
  `with c as (
     insert into input_request (${columnList()})
     select ${columnList('x')} from jsonb_populate_record(null::input_request, $1) x on conflict do nothing returning 1),
   p as (
     insert into input_person (customer_id, user_id, request_id, mission_id, sees_from)
     select x.customer_id, y.user_id, x.id, x.mission_id, coalesce(y.sees_from, x.created_at)
       from jsonb_populate_record(null::input_request, $1) x,
            jsonb_to_recordset($3) as y(user_id text, sees_from timestamptz) where exists (select from c)),
   o as (${outboxOf('c', '$2')})
   select exists (select from delegation g, jsonb_populate_record(null::input_request, $1) x
                   where g.customer_id = x.customer_id and g.user_id = ${askedBy('x')}) as delegated from c`,
);

/** Fills a tombstone with its request. */
const fill = statement(
  'approval.fill',
  `update input_request r
      set (${columnList()}) = (select ${columnList('x')} from jsonb_populate_record(null::input_request, $3) x)
    where r.customer_id = $1 and r.id = $2 and r.prompt is null
   returning 1`,
);

/**
 * The one way out of `pending`, and of one approval of several. The deadline is compared with the time at which this statement runs, not with the time
 * of the decision: a process may stand still for a minute between the two. A statement that waited for another's change
 * of the row evaluates all conditions again, with the time of that moment. Whoever answers by a delegation locks it, so
 * that once it has ended nothing is answered by it.
 */
const change = statement(
  'approval.change',
  `with g as materialized (
     select from delegation g where g.customer_id = $1 and g.id = $20 and g.until_at > ${now('$10')} for key share),
   c as (
     update input_request r set status = $4, response = $5, responded_at = $6, reminded_at = $7, version = $8,
            due_at = $18
      where r.customer_id = $1 and r.id = $2 and r.status = 'pending' and r.version = $3
        and ($20::uuid is null or exists (select from g))
        and case $9 when 'before the deadline' then r.expires_at > ${now('$10')}
                    when 'after the deadline' then r.expires_at <= ${now('$10')} else true end
     returning 1),
   o as (${outboxOf('c', '$11')}),
   i as (insert into idempotency (scope_hash, key, hash, answer, mission_id, customer_id, user_id)
         select $12, $13, $14, $15, $16, $1, $21 from c where $12::text is not null),
   d as (${insertDeeds('$17')} where exists (select from c)),
   a as (
     insert into input_answer (customer_id, request_id, user_id, mission_id, place, approves, response, responded_at,
            on_behalf_of)
     select $1, $2, a.user_id, $16::uuid, $8, a.approves, a.response, a.at, a.response ->> 'on_behalf_of'
       from jsonb_to_recordset($19) as a(user_id text, approves boolean, response jsonb, at timestamptz), c)
   select 1 from c`,
);

export interface RequestChange {
  readonly before: State;
  readonly decision: Moved;
  readonly events: readonly EventEnvelope[];
  /** The time of a virtual clock, or null for the database's clock. */
  readonly virtualNow: Date | null;
  /** The idempotency key of the call, and the result to be stored under it. */
  readonly result?: { readonly idempotency: Idempotency; readonly body: string } | undefined;
  /** Of the user who responds. */
  readonly deeds?: readonly Deed[] | undefined;
}

/**
 * Undefined if the request was changed meanwhile. `delegated`: somebody may answer it for another. Fails with a unique violation if the idempotency key was used meanwhile:
 * see `replay`.
 */
export async function saveRequest(
  tx: Tx,
  requestChange: RequestChange,
): Promise<{ readonly delegated?: boolean } | undefined> {
  const [written] = await tx.run<{ delegated?: boolean }>(...statementFor(requestChange));
  if (!written) return undefined;
  if (requestChange.events.length > 0) wakeRelayAfterCommit(tx);
  return written;
}

function statementFor({
  before,
  decision,
  events,
  virtualNow,
  result,
  deeds = [],
}: RequestChange): Parameters<Tx['run']> {
  const { next, deadlineGuard } = decision;
  const row = JSON.stringify(rowOf(next));
  if (before === null) return [insert, [row, outboxRows(events), JSON.stringify(furtherPeople(next))]];
  if (before.status === 'withdrawn') return [fill, [next.customer_id, next.id, row]];
  if (next.status === 'withdrawn') throw new Error(`input request ${next.id} is known and cannot become a tombstone`);
  const { customer_id, id, version } = before;
  const set = [
    next.status,
    next.response && JSON.stringify(next.response),
    next.responded_at,
    next.reminded_at,
    next.version,
  ];
  const key = [...idempotencyValues(result?.idempotency), result?.body ?? null, next.mission_id];
  return [
    change,
    [
      customer_id,
      id,
      version,
      ...set,
      deadlineGuard,
      virtualNow,
      outboxRows(events),
      ...key,
      deedRows(deeds),
      dueAt(next),
      JSON.stringify(decision.answer ? [decision.answer] : []),
      decision.delegation ?? null,
      ownerOfResult(result?.idempotency)[1],
    ],
  ];
}

/** Those who see it beside its user. A tombstone is shown to nobody; when it is filled, the request is over. */
function furtherPeople(next: Moved['next']): { user_id: string; sees_from: string | null }[] {
  if (next.status === 'withdrawn') return [];
  const { assignees, escalate_to, escalate_at } = next;
  return [
    ...assignees.map((user_id) => ({ user_id, sees_from: null })),
    ...(escalate_to === null ? [] : [{ user_id: escalate_to, sees_from: escalate_at }]),
  ];
}
