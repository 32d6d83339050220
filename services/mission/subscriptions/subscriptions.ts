import { consumers } from '@missions/contracts/consumers.ts';
import type { EventEnvelope } from '@missions/contracts/event.ts';
import { leaveOut } from '@missions/persistence/holdings/leave-out.ts';
import type { Subscription } from '@missions/service-kit/service.ts';
import type { Context } from '../commands/execute-command.ts';
import { commandForApprovalEvent } from '../commands/approval-outcome.ts';
import { EVENT_CONSUMER, type EventCommand } from '../commands/execute-event.ts';
import { executeEvents } from '../commands/execute-events.ts';
import { commandForEmailEvent } from './email.ts';
import { commandForNotifierEvent } from './notifier.ts';
import { commandForSchedulerEvent } from './scheduler.ts';

/** Responses to input requests, what became of e-mails, deadlines and budgets. */
export function missionSubscriptions(context: Context): Subscription[] {
  const handlers = eventHandlers(context);
  return [
    { stream: 'APPROVAL', subjects: consumers.mission.APPROVAL, verify: context.verifyOutcome, ...handlers },
    { stream: 'EMAIL', subjects: consumers.mission.EMAIL, ...handlers },
    { stream: 'NOTIFIER', subjects: consumers.mission.NOTIFIER, ...handlers },
    { stream: 'SCHEDULER', subjects: consumers.mission.SCHEDULER, ...handlers },
  ];
}

const commandFor = (event: EventEnvelope): EventCommand | undefined =>
  commandForApprovalEvent(event) ??
  commandForEmailEvent(event) ??
  commandForNotifierEvent(event) ??
  commandForSchedulerEvent(event);

/**
 * A batch is one transaction; when it fails, the consumer hands over the events one by one.
 *
 * The kit's `eventConsumer` is not used: it keeps the order of the stream, and looks up the tombstones of erased
 * missions, which this service sees from the missions themselves.
 */
function eventHandlers(context: Context): Pick<Subscription, 'handleBatch' | 'handleOne'> {
  const handle = (events: readonly EventEnvelope[]): Promise<void> =>
    executeEvents(
      context,
      events.map((event) => ({ event, command: commandFor(event) })),
    ).catch((error: unknown) => leaveOut(context.db, EVENT_CONSUMER, events, error));
  return {
    handleBatch: (events) => context.eventsInHand.handle(events, handle),
    handleOne: (event) => context.eventsInHand.handle([event], handle),
  };
}
