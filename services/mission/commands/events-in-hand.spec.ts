import { expect } from 'chai';
import { approvalOutcomes } from '@missions/contracts/approval/events.ts';
import type { EventEnvelope } from '@missions/contracts/event.ts';
import { timerSubject } from '@missions/contracts/scheduler/timers.ts';
import { sealOf } from '@missions/messaging/event-seal.ts';
import { statement } from '@missions/persistence/statement.ts';
import { transaction } from '@missions/persistence/transaction.ts';
import { systemClock } from '@missions/runtime/clock.ts';
import { newId } from '@missions/runtime/id.ts';
import { ANSWER_KEY } from '@missions/test-support/caller-keys.ts';
import { startMissionUnderTest } from '../testing/service.ts';
import { EventsInHand } from './events-in-hand.ts';

const lockInbox = statement('spec.lock_inbox', 'lock table inbox in access exclusive mode');

const someEvent = (type: string = approvalOutcomes.responded): EventEnvelope => ({
  id: newId(),
  type,
  source: '/services/approval',
  time: '2026-12-03T12:00:00.000Z',
  customer_id: 'acme',
  user_id: 'ada',
  mission_id: newId(),
  version: 2,
  index: 0,
  data: {},
});

describe('an event that comes by two ways', () => {
  const [answer, other] = [someEvent(), someEvent()];
  let events: EventsInHand;
  let handled: string[];
  const work = async (left: readonly EventEnvelope[]): Promise<void> => void handled.push(...left.map(({ id }) => id));

  beforeEach(() => {
    events = new EventsInHand();
    handled = [];
  });

  it('is left to the first way, while the rest of the batch of the second is handled', async () => {
    const { promise, resolve } = Promise.withResolvers<void>();
    const first = events.handle([answer], () => promise);
    const second = events.handle([answer, other], work);
    resolve();
    await Promise.all([first, second]);
    expect(handled).to.deep.equal([other.id]);
  });

  it('is handled by the second way if the first one fails', async () => {
    const { promise, reject } = Promise.withResolvers<void>();
    const first = events.handle([answer], () => promise);
    const second = events.handle([answer, other], work);
    reject(new Error('the connection was lost'));
    expect(await first.catch((error: unknown) => String(error))).to.contain('the connection was lost');
    await second;
    expect(handled).to.deep.equal([answer.id, other.id]);
  });

  it('is never waited for by two who have what the other one wants', async () => {
    const { promise, resolve } = Promise.withResolvers<void>();
    const first = events.handle([answer], () => promise);
    const batches = [events.handle([answer, other], work), events.handle([other, answer], work)];
    resolve();
    await Promise.all([first, ...batches]);
    expect(handled).to.deep.equal([other.id]);
  });

  it('is handled each time if it says that a timer is due', async () => {
    const firing = someEvent(timerSubject('mission'));
    await events.handle([firing], work);
    await events.handle([firing], work);
    expect(handled).to.deep.equal([firing.id, firing.id]);
  });
});

describe('the event of an answer that the mission has heard already', () => {
  it('claims nothing in the inbox', async () => {
    const service = await startMissionUnderTest(systemClock, 60_000);
    const response = { selected_option: 'yes', freeform_text: null, responded_by: 'ada', via: 'api' };
    const envelope = someEvent();
    const { customer_id, user_id, mission_id } = envelope;
    const data = { customer_id, user_id, mission_id, task_id: null, request_id: newId(), response };
    const event = { ...envelope, data };
    const body = JSON.stringify(data);
    await service.request('hear_outcome', { event, body, seal: sealOf([ANSWER_KEY], event, body) });
    await transaction(service.db, async (tx) => {
      await tx.run(lockInbox, []);
      await service.handle(event);
    });
    await service.stop();
  });
});
