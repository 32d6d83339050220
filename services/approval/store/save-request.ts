import type { EventEnvelope } from '@missions/contracts/event.ts';
import type { Idempotency } from '@missions/contracts/request.ts';
import { idempotencyValues } from '@missions/persistence/idempotency.ts';
import { wakeRelayAfterCommit, insertOutbox, outboxRows } from '@missions/persistence/outbox/append.ts';
import { statement } from '@missions/persistence/statement.ts';
import type { Tx } from '@missions/persistence/transaction.ts';
import type { Moved } from '../domain/decision.ts';
import type { State } from '../domain/state.ts';
import { list, now } from './columns.ts';
import { rowOf } from './rows.ts';

/**
 * Every write is one statement that compares and sets, and takes its events and the idempotency key along: of several that were decided upon
 * at once, one finds the row as it was decided upon. The others find nothing to write, and are decided anew on what they then read.
 */
const outboxOf = (change: string, parameter: string): string =>
  `${insertOutbox(parameter)} where exists (select from ${change})`;

/** Both the question and a cancellation may be the first that is heard of a request. */
const insert = statement(
  'approval.insert',
  `with c as (insert into input_request (${list()}) select ${list('x')} from jsonb_populate_record(null::input_request, $1) x on conflict do nothing returning 1),
        o as (${outboxOf('c', '$2')})
   select 1 from c`,
);

/** The question of a tombstone. */
const fill = statement(
  'approval.fill',
  `update input_request r set (${list()}) = (select ${list('x')} from jsonb_populate_record(null::input_request, $3) x)
    where r.customer_id = $1 and r.id = $2 and r.prompt is null
   returning 1`,
);

/**
 * The one way out of `pending`. The deadline is held against the time at which this runs, not that of the decision: between them a process may
 * stand still for a minute. Whoever waited for another's change of the row is held against all of it again, with the time of then.
 */
const change = statement(
  'approval.change',
  `with c as (
     update input_request r set status = $4, response = $5, responded_at = $6, reminded_at = $7, version = $8
      where r.customer_id = $1 and r.id = $2 and r.status = 'pending' and r.version = $3
        and case $9 when 'before the deadline' then r.expires_at > ${now('$10')} when 'after the deadline' then r.expires_at <= ${now('$10')} else true end
     returning 1),
   o as (${outboxOf('c', '$11')}),
   i as (insert into idempotency (scope_hash, key, hash, answer) select $12, $13, $14, $15 from c where $12::text is not null)
   select 1 from c`,
);

export interface Saving {
  readonly before: State;
  readonly decision: Moved;
  readonly events: readonly EventEnvelope[];
  /** Of a virtual clock, or null for the database's. */
  readonly virtualNow: Date | null;
  /** The key that the change came with, and the answer that is to be kept under it. */
  readonly kept?: { readonly idempotency: Idempotency; readonly answer: string } | undefined;
}

/** Answers whether it was written. Fails with a unique violation when the idempotency key was used meanwhile: see `replay`. */
export async function saveRequest(tx: Tx, saving: Saving): Promise<boolean> {
  const [written] = await tx.run(...write(saving));
  if (!written) return false;
  if (saving.events.length > 0) wakeRelayAfterCommit(tx);
  return true;
}

function write({ before, decision: { next, side }, events, virtualNow, kept }: Saving): Parameters<Tx['run']> {
  const row = JSON.stringify(rowOf(next));
  if (before === null) return [insert, [row, outboxRows(events)]];
  if (before.status === 'withdrawn') return [fill, [next.customer_id, next.id, row]];
  if (next.status === 'withdrawn') throw new Error('a request that was asked cannot become one that was not');
  const { customer_id, id, version } = before;
  const set = [
    next.status,
    next.response && JSON.stringify(next.response),
    next.responded_at,
    next.reminded_at,
    next.version,
  ];
  return [
    change,
    [
      customer_id,
      id,
      version,
      ...set,
      side,
      virtualNow,
      outboxRows(events),
      ...idempotencyValues(kept?.idempotency),
      kept?.answer ?? null,
    ],
  ];
}
