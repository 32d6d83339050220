import { type QuestionUnreachable, unreachable } from '@missions/contracts/notifier/events.ts';
import { appendToOutbox } from '@missions/persistence/outbox/append.ts';
import type { Tx } from '@missions/persistence/transaction.ts';
import { requestIdOf, type State } from '../domain/subject.ts';
import type { Context } from './context.ts';
import { deliverLater } from './tell-webhooks.ts';

interface Unreachable extends State {
  readonly id: string;
  readonly customer_id: string;
  readonly user_id: string;
  readonly mission_id: string;
}

/** Said in the history of the mission, from where whoever asked learns that silence is no refusal. */
export async function sayUnreachable(
  tx: Tx,
  context: Pick<Context, 'newId' | 'clock' | 'deliveriesHeld'>,
  questions: readonly Unreachable[],
): Promise<void> {
  const { newId, clock } = context;
  const time = clock.now().toISOString();
  const events = questions.map(({ id, customer_id, user_id, mission_id, version, facts, about }) => {
    const isOpen = facts?.kind === 'question' && facts.state === 'open';
    const data: QuestionUnreachable = {
      ...{ customer_id, user_id, mission_id, request_id: requestIdOf(id) },
      prompt: about?.text ?? '',
      ended: !isOpen,
      expires_at: isOpen ? new Date(facts.expires_at).toISOString() : null,
    };
    const of = { customer_id, user_id, mission_id, version, index: 0 };
    return { id: newId(), type: unreachable, source: '/services/notifier', time, ...of, data };
  });
  await appendToOutbox(tx, events);
  for (const event of events) await deliverLater(tx, context, event);
}
