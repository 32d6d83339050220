import { AsyncLocalStorage } from 'node:async_hooks';
import { Problem } from '@missions/contracts/errors.ts';
import type { EventEnvelope } from '@missions/contracts/event.ts';
import { hearOutcome } from '@missions/contracts/mission/requests.ts';
import { type Endpoint, endpoint } from '@missions/messaging/endpoint.ts';
import { GroupCommit, wasRolledBack } from '@missions/persistence/group-commit.ts';
import { commandForApprovalEvent } from '../commands/approval-outcome.ts';
import type { Context } from '../commands/execute-command.ts';
import { type EventToExecute, executeEvents } from '../commands/execute-events.ts';

/**
 * The short way of a user's answer: the gateway brings the event that the stream will bring too. The claim in the inbox
 * is the same, so whichever comes first has the effect. Answers of the same moment share a transaction, as they do when
 * the stream brings them.
 */
export function outcomeEndpoints(context: Context): Endpoint[] {
  const group = new GroupCommit<EventToExecute>({
    write: (events) => executeEvents(context, events),
    name: ({ event }) => event.mission_id,
    // An answer is small: only their number is bounded.
    weight: () => 0,
    wroteNothing: wasRolledBack,
  });
  const hear = endpoint(hearOutcome, async ({ caller, input: { event: envelope, body, seal } }) => {
    if (envelope.customer_id !== caller.customer_id)
      throw new Problem('FORBIDDEN', `Event ${envelope.id} belongs to another customer than the caller.`);
    const event: EventEnvelope = { ...envelope, data: JSON.parse(body) as Record<string, unknown> };
    await context.verifyOutcome(event, { body: Buffer.from(body), seal });
    const command = commandForApprovalEvent(event);
    const within = AsyncLocalStorage.snapshot();
    await context.eventsInHand.handle([event], () => group.commit({ event, command, within }));
    return { body: '{}' };
  });
  return [hear];
}
