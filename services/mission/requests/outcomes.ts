import { Problem } from '@missions/contracts/errors.ts';
import type { EventEnvelope } from '@missions/contracts/event.ts';
import { hearOutcome } from '@missions/contracts/mission/requests.ts';
import { type Endpoint, endpoint } from '@missions/messaging/endpoint.ts';
import { claimEvents } from '@missions/persistence/inbox.ts';
import { transaction } from '@missions/persistence/transaction.ts';
import { commandForApprovalEvent } from '../commands/approval-outcome.ts';
import type { Context } from '../commands/execute-command.ts';
import { EVENT_CONSUMER, executeEvent } from '../commands/execute-event.ts';

/**
 * The short way of a user's answer: the gateway brings the event that the stream will bring too. The claim in the inbox
 * is the same, so whichever comes first has the effect.
 */
export const outcomeEndpoints = (context: Context): Endpoint[] => [
  endpoint(hearOutcome, async ({ caller, input: { event: envelope, body, seal } }) => {
    if (envelope.customer_id !== caller.customer_id)
      throw new Problem('FORBIDDEN', `Event ${envelope.id} belongs to another customer than the caller.`);
    const event: EventEnvelope = { ...envelope, data: JSON.parse(body) as Record<string, unknown> };
    await context.verifyOutcome(event, { body: Buffer.from(body), seal });
    await context.eventsInHand.handle([event], () =>
      transaction(context.db, async (tx) => {
        const command = commandForApprovalEvent(event);
        const unhandled = await claimEvents(tx, EVENT_CONSUMER, [event.id]);
        if (command && unhandled.size > 0) await executeEvent(context, tx, event, command);
      }),
    );
    return { body: '{}' };
  }),
];
