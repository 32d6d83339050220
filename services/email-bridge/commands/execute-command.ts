import type { TrackedEmail } from '@missions/contracts/email/email.ts';
import { Problem } from '@missions/contracts/errors.ts';
import type { Tx } from '@missions/persistence/transaction.ts';
import { dueBy } from '@missions/runtime/clock.ts';
import { counter } from '@missions/runtime/metrics.ts';
import { answersAmong } from '../domain/answers.ts';
import { type Command, decide } from '../domain/decide.ts';
import type { Decision, Moved, Refused } from '../domain/decision.ts';
import { type ReplyRow, representationOf } from '../domain/representation.ts';
import type { Email, State } from '../domain/state.ts';
import { eventsOf, tellsReplies } from '../store/events.ts';
import { lockEmail } from '../store/load-email.ts';
import { repliesById, sendersOf } from '../store/replies.ts';
import { saveEmail, saveEvents } from '../store/save-email.ts';
import type { Context } from './context.ts';

export interface CommandTarget {
  readonly customer_id: string;
  readonly id: string;
  /** Made under the e-mail's lock, with the time of then. */
  readonly command: (at: string, tx: Tx) => Command | Promise<Command>;
  readonly traceparent?: string | undefined;
}

export interface CommandResult {
  readonly decision: Decision;
  /** As it stands after the decision. */
  readonly email: State;
}

const decisions = counter('missions_email_decisions_total', 'Commands to e-mails, by what became of them', [
  'command',
  'outcome',
]);
/** Only the first two words about an e-mail can miss each other. */
const MAX_ATTEMPTS = 5;

/** Lock, decide, write, in a transaction of the caller's. */
export async function executeCommand(
  tx: Tx,
  context: Context,
  { customer_id, id, command, traceparent }: CommandTarget,
): Promise<CommandResult> {
  for (let attempt = 1; attempt <= MAX_ATTEMPTS; attempt++) {
    const { at, email } = await lockEmail(tx, customer_id, id, dueBy(context.clock));
    const wanted = await command(at, tx);
    const decision = decide(email, wanted);
    if (decision.kind === 'moved' && !(await write(tx, context, email, decision, at, traceparent))) continue;
    decisions.inc({ command: wanted.type, outcome: decision.kind });
    const because = 'because' in decision ? decision.because : undefined;
    context.logger.debug({ email: id, command: wanted.type, outcome: decision.kind, because }, 'decided');
    return { decision, email: decision.kind === 'moved' ? decision.next : email };
  }
  throw new Error(`e-mail ${id} was made and gone ${MAX_ATTEMPTS} times while it was to be made`);
}

async function write(
  tx: Tx,
  { newId, wakeSender }: Context,
  before: State,
  decision: Moved,
  at: string,
  traceparent: string | undefined,
): Promise<boolean> {
  if (!(await saveEmail(tx, before, decision))) return false;
  const { next, effects } = decision;
  const replies = next.status !== 'withdrawn' && tellsReplies(decision) ? await answersTo(tx, next) : [];
  await saveEvents(tx, eventsOf(decision, { at, newId, traceparent, replies }));
  if (effects.some((effect) => effect.kind === 'queue')) tx.afterCommit(wakeSender);
  return true;
}

/** Their texts are read of those that are told only. */
async function answersTo(tx: Tx, email: Email): Promise<ReplyRow[]> {
  const { customer_id, id } = email;
  return await repliesById(tx, customer_id, id, answersAmong(email, await sendersOf(tx, customer_id, id)));
}

/** @throws Error for an e-mail that nobody may be shown, which no decision with an answer leaves. */
export function shown(email: State): TrackedEmail {
  if (email === null || email.status === 'withdrawn') throw new Error('there is no e-mail to be shown');
  return representationOf(email);
}

export const problemOf = ({ code, detail, members }: Refused): Problem => new Problem(code, detail, members);
