import type { Delegation } from '@missions/contracts/approval/delegations.ts';
import { inboxNotification } from '@missions/contracts/mission/inbox.ts';
import { appendToOutbox } from '@missions/persistence/outbox/append.ts';
import type { Tx } from '@missions/persistence/transaction.ts';
import { dueBy } from '@missions/runtime/clock.ts';
import { placeHeld } from '../domain/answerers.ts';
import { delegatedEvent } from '../domain/events.ts';
import type { Pending } from '../domain/state.ts';
import type { UserKey } from '../store/approval-rules.ts';
import { pendingOf, standingOf } from '../store/delegations.ts';
import type { Context } from './execute-command.ts';

type Telling = Pick<Context, 'clock' | 'newId' | 'notify'>;

/**
 * Of a question that was just asked, everybody is told who answers it for another. A delegation that is being given in the
 * same instant may not be seen here, nor the question there: its delegate then finds the question in the inbox, untold.
 */
export async function tellDelegates(
  tx: Tx,
  { clock, newId, notify }: Telling,
  question: Pending,
  traceparent: string | undefined,
): Promise<void> {
  const isFree = ({ user_id }: Delegation): boolean =>
    !question.approvals.some((approval) => placeHeld(approval) === user_id);
  const found = (await standingOf(tx, question, dueBy(clock))).filter(isFree);
  const at = clock.now().toISOString();
  await appendToOutbox(
    tx,
    found.map((delegation) => delegatedEvent(question, delegation, { at, newId, traceparent })),
  );
  for (const { to_user_id } of found) tx.afterCommit(() => notify(question.customer_id, to_user_id, inboxNotification));
}

/** Of a delegation that was given or ended: what it is about at this moment. */
export async function tellDelegation(
  tx: Tx,
  { clock, newId, notify }: Telling,
  { customer_id }: UserKey,
  delegation: Delegation,
): Promise<void> {
  const at = clock.now().toISOString();
  const standing = await pendingOf(tx, { customer_id, user_id: delegation.user_id });
  await appendToOutbox(
    tx,
    standing.map((question) => delegatedEvent(question, delegation, { at, newId })),
  );
  tx.afterCommit(() => notify(customer_id, delegation.to_user_id, inboxNotification));
}
