import type { Tx } from '@missions/persistence/transaction.ts';
import { asDelegated, withDelegate } from '../domain/delegate.ts';
import { lookAt, nextStep } from '../domain/ladder.ts';
import { type Heard, type HeardOf, questionId, sharedQuestionId } from '../domain/subject.ts';
import { readPerson, wishesOf } from '../store/people.ts';
import { lockSubject, saveDelegates, saveSubject, type StoredSubject } from '../store/subjects.ts';
import type { Context } from './context.ts';
import { takeBack } from './take-back.ts';

/**
 * Somebody answers a question for another, or no longer does. It may be heard before the question itself, which comes by
 * another stream: it is kept with the subject of the question's user.
 */
export async function hearDelegated(
  tx: Tx,
  context: Context,
  { request_id, delegate }: Extract<Heard, { kind: 'delegated' }>,
  told: HeardOf,
): Promise<void> {
  const id = questionId(request_id);
  const asked = await lockSubject(tx, told, id, context.clock.now());
  if (asked === null) return;
  const delegates = withDelegate(asked.delegates, delegate);
  await saveDelegates(tx, told.customer_id, id, delegates);
  await tellDelegate(tx, context, request_id, { ...asked, delegates }, { ...told, user_id: delegate.to_user_id });
}

/** All who answer a question for another, when it is heard of. */
export async function tellDelegates(
  tx: Tx,
  context: Context,
  requestId: string,
  asked: Pick<StoredSubject, 'facts' | 'about' | 'delegates'>,
  told: HeardOf,
): Promise<void> {
  for (const user_id of new Set(asked.delegates.map(({ to_user_id }) => to_user_id)))
    await tellDelegate(tx, context, requestId, asked, { ...told, user_id });
}

/** The delegate has a subject of their own, as every reader has. */
async function tellDelegate(
  tx: Tx,
  context: Context,
  requestId: string,
  { facts: asked, about, delegates }: Pick<StoredSubject, 'facts' | 'about' | 'delegates'>,
  told: HeardOf,
): Promise<void> {
  if (asked?.kind !== 'question' || told.user_id === '') return;
  const now = context.clock.now();
  const id = sharedQuestionId(requestId, told.user_id);
  const stored = await lockSubject(tx, told, id, now);
  if (stored === null) return;
  const { facts: known, taken: before, version } = stored;
  if (known !== null && known.kind !== 'question') return;
  const at = now.getTime();
  const next = asDelegated(asked, delegates, told.user_id, { facts: known, taken: before }, at);
  if (next === null) return;
  const wishes = wishesOf(await readPerson(tx, told));
  const due_at = lookAt(next.facts, nextStep(next.facts, next.taken, wishes, at), at);
  await saveSubject(tx, told.customer_id, id, { ...next, about, version, due_at });
  await takeBack(tx, context, told, [id]);
  if (due_at !== null) tx.afterCommit(() => context.dueStored(due_at));
}
