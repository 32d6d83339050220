import { expect } from 'chai';
import type { EventEnvelope } from '@missions/contracts/event.ts';
import {
  type TimerFired,
  timerOwnerSources,
  timerSetSubject,
  timerSubject,
} from '@missions/contracts/scheduler/timers.ts';
import type { Bus } from '@missions/messaging/bus.ts';
import { connectBus } from '@missions/messaging/connect.ts';
import { newId } from '@missions/runtime/id.ts';
import { createLogger } from '@missions/runtime/logger.ts';
import { OBSERVER } from '@missions/test-support/deployed-servers.ts';
import { product, type SharedProduct } from '@missions/test-support/shared-product.ts';
import { waitUntil } from '@missions/test-support/wait-until.ts';
import { makeConsumer } from '@missions/messaging/admin/provisioning.ts';

describe('timers of the running product', function () {
  this.timeout(30_000);
  let running: SharedProduct;
  const buses: Bus[] = [];
  const as = async (user: string): Promise<Bus> => {
    const bus = await connectBus({
      servers: running.servers.natsUrlFor(user),
      name: user,
      logger: createLogger({ service: user, level: 'silent' }),
    });
    buses.push(bus);
    return bus;
  };
  const event = (type: string, data: object = {}): EventEnvelope => ({
    id: newId(),
    type,
    source: '/services/mission',
    time: '2026-01-02T03:04:05.678Z',
    customer_id: 'acme',
    user_id: 'ann',
    mission_id: 'm1',
    version: 1,
    index: 0,
    data: { ...data },
  });

  before(async () => (running = await product()));
  after(() => Promise.all(buses.map((bus) => bus.drain())));

  // The owner is `email`, because only the observer consumes its timers.
  for (const user of ['mission', 'approval']) {
    it(`a timer set by the NATS user of the ${user} service comes back to it in the same trace`, async () => {
      const [setter, observer] = [await as(user), await as(OBSERVER)];
      const observed: EventEnvelope<TimerFired>[] = [];
      await observer.consume({
        setUp: makeConsumer,
        stream: 'SCHEDULER',
        service: OBSERVER,
        durable: `${OBSERVER}-timers-of-${user}`,
        subjects: [timerSubject('email')],
        handleOne: async (one) => void observed.push(one as unknown as EventEnvelope<TimerFired>),
      });
      const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
      const key = `of-a-test:${newId()}`;
      const data = {
        customer_id: 'acme',
        user_id: 'ann',
        mission_id: 'm1',
        owner: 'email',
        key,
        revision: 1,
        fire_at: new Date(Date.now() + 50).toISOString(),
        payload: {},
      };
      await setter.publish({ ...event(timerSetSubject, data), source: timerOwnerSources.email, traceparent });
      const fired = await waitUntil(() => observed.find((one) => one.data.key === key), { what: 'the firing' });
      expect(fired.data.fired_at >= data.fire_at, fired.data.fired_at).to.equal(true);
      expect(fired.traceparent).to.equal(traceparent);
    });
  }

  it('only the scheduler may publish firings, and it may publish nothing of another service', async () => {
    const [mission, scheduler] = [await as('mission'), await as('scheduler')];
    const refused = async (bus: Bus, type: string): Promise<unknown> =>
      bus.publish(event(type)).then(
        () => 'published',
        (error: { code: string }) => error.code,
      );
    for (const subject of [timerSubject('mission'), timerSubject('approval')])
      expect(await refused(mission, subject), subject).to.equal('INTERNAL');
    for (const subject of ['mission.created', 'approval.responded', timerSetSubject])
      expect(await refused(scheduler, subject), subject).to.equal('INTERNAL');
  });
});
