import { readInputRequested } from '@missions/contracts/mission/event-readers.ts';
import {
  approvalApproved,
  approvalCancelled,
  approvalDelegated,
  approvalOutcomes,
} from '@missions/contracts/approval/events.ts';
import { consumers } from '@missions/contracts/consumers.ts';
import type { EventEnvelope } from '@missions/contracts/event.ts';
import { eventReader } from '@missions/contracts/events.ts';
import { missionChanges, missionErased } from '@missions/contracts/mission/changes.ts';
import type { StreamName } from '@missions/contracts/subjects.ts';
import type { Tx } from '@missions/persistence/transaction.ts';
import { eventConsumer } from '@missions/service-kit/event-consumer.ts';
import type { Subscription } from '@missions/service-kit/service.ts';
import type { Context } from '../commands/context.ts';
import { hear } from '../commands/hear.ts';
import type { MissionFacts } from '../domain/ladder.ts';
import type { Heard } from '../domain/subject.ts';
import { eraseMission } from '../store/erase-mission.ts';
import { deliverLater, wantedByWebhooks } from '../commands/tell-webhooks.ts';

const { completed, failed, cancelled, deleted, stale, status_changed, resumed, restored, input_requested, updated } =
  missionChanges;
const read = {
  asked: eventReader(input_requested.subject),
  approved: eventReader(approvalApproved),
  delegated: eventReader(approvalDelegated),
  responded: eventReader(approvalOutcomes.responded),
  expired: eventReader(approvalOutcomes.expired),
  cancelled: eventReader(approvalCancelled),
  failed: eventReader(failed.subject),
  stale: eventReader(stale.subject),
  completed: eventReader(completed.subject),
  moved: eventReader(status_changed.subject),
  updated: eventReader(updated.subject),
};

/** A mission that is done is told of if it ran for longer. */
const LONG_MS = 3_600_000;
const troubles: readonly MissionFacts['kind'][] = ['failed', 'paused', 'stale'];

/** What the service hears of: questions and their ends, what happens to missions, and what webhooks are to be sent. */
export const notifierSubscriptions = (context: Context): Subscription[] =>
  Object.entries(consumers.notifier).map(([stream, subjects]) => {
    const handle = handlerOf(context, stream as StreamName);
    return {
      stream: stream as StreamName,
      subjects,
      handleBatch: handle,
      handleOne: (event, sequence) => handle([event], sequence === undefined ? [] : [sequence]),
    };
  });

interface Target {
  readonly heard: Heard | undefined;
  readonly isWanted: boolean;
}

const handlerOf =
  (context: Context, stream: StreamName) =>
  async (events: readonly EventEnvelope[], sequences: readonly number[] = []): Promise<void> => {
    const wanted = await wantedByWebhooks(context, events);
    const tell = (tx: Tx, event: EventEnvelope) =>
      deliverLater(tx, context, event, stream, sequences[events.indexOf(event)]);
    const handlers = eventConsumer<Target>({
      db: context.db,
      consumer: 'notifier',
      commandFor(event) {
        const [heard, isWanted] = [heardIn(event), wanted.has(event)];
        return event.type === missionErased || (heard === undefined && !isWanted) ? undefined : { heard, isWanted };
      },
      async execute(tx, { heard, isWanted }, event) {
        const { customer_id, user_id, mission_id, version, time } = event;
        if (heard) await hear(tx, context, heard, { customer_id, user_id, mission_id, version, at: Date.parse(time) });
        if (isWanted) await tell(tx, event);
      },
      async erase(tx, event) {
        await eraseMission(tx, event.customer_id, event.mission_id, context.clock.now().toISOString());
        if (wanted.has(event)) await tell(tx, event);
      },
    });
    await handlers.handleBatch(events);
  };

/** @throws Problem VALIDATION_FAILED for an event without the members that are needed here. */
function heardIn({ type, data, time }: EventEnvelope): Heard | undefined {
  switch (type) {
    case input_requested.subject: {
      const { mission } = read.asked(data);
      return { kind: 'asked', question: readInputRequested(data).question, mission_title: mission.title };
    }
    case approvalApproved: {
      const { request_id, approval } = read.approved(data);
      const { user_id, on_behalf_of = null } = approval;
      return { kind: 'approved', request_id, user_id, on_behalf_of };
    }
    case approvalDelegated: {
      const { request_id, delegation } = read.delegated(data);
      return { kind: 'delegated', request_id, delegate: delegation };
    }
    case approvalOutcomes.responded: {
      const { request_id, response } = read.responded(data);
      const byItself = response.via === 'timeout';
      return {
        kind: 'question_ended',
        request_id,
        how: byItself ? 'defaulted' : 'settled',
        took: response.selected_option,
      };
    }
    case approvalOutcomes.expired:
      return { kind: 'question_ended', request_id: read.expired(data).request_id, how: 'expired', took: null };
    case approvalCancelled:
      return { kind: 'question_ended', request_id: read.cancelled(data).request_id, how: 'settled', took: null };
    case failed.subject: {
      const { mission, content, title } = read.failed(data);
      return {
        kind: 'mission_is',
        what: 'failed',
        mission_title: mission.title,
        text: content || title,
        ends_at: null,
      };
    }
    case stale.subject: {
      const { mission, content, title, metadata } = read.stale(data);
      const ends_at = metadata.grace_period_ends_at;
      return { kind: 'mission_is', what: 'stale', mission_title: mission.title, text: content || title, ends_at };
    }
    case completed.subject: {
      const { mission, content, title } = read.completed(data);
      if (Date.parse(time) - Date.parse(mission.created_at) <= LONG_MS) return moved;
      return { kind: 'mission_is', what: 'done', mission_title: mission.title, text: content || title, ends_at: null };
    }
    case status_changed.subject: {
      const { mission, content, title, metadata } = read.moved(data);
      if (metadata.paused_by !== 'system') return moved;
      return {
        kind: 'mission_is',
        what: 'paused',
        mission_title: mission.title,
        text: content || title,
        ends_at: null,
      };
    }
    case updated.subject:
      // Its user has kept it.
      return read.updated(data).by_user ? { kind: 'mission_moved', settles: ['stale'] } : undefined;
    case cancelled.subject:
    case deleted.subject:
    case resumed.subject:
    case restored.subject:
      return moved;
    default:
      return undefined;
  }
}

const moved: Heard = { kind: 'mission_moved', settles: troubles };
