import { expect } from 'chai';
import type { EventEnvelope } from '@missions/contracts/event.ts';
import { connectBus } from '@missions/messaging/connect.ts';
import { VirtualClock } from '@missions/runtime/clock.ts';
import { createLogger } from '@missions/runtime/logger.ts';
import { Api } from '@missions/test-support/api.ts';
import { type DeployedServers, OBSERVER, startDeployedServers } from '@missions/test-support/deployed-servers.ts';
import { type Product, startProduct } from '@missions/test-support/product.ts';
import { waitUntil } from '@missions/test-support/wait-until.ts';
import {
  endsOf,
  expectStatus,
  isActiveAgain,
  historyOf,
  requestOf,
  returnsOf,
  waitingForAda,
  type Waiting,
} from './client.ts';
import { startInProcess } from './in-process.ts';
import { SimulatedUser } from './simulated-user.ts';
import { makeConsumer } from '@missions/messaging/admin/provisioning.ts';

const HOUR = 3_600_000;
const DAYS = 14;
const NOON = new Date('2027-03-01T12:00:00.000Z');

/**
 * Mission, approval and scheduler share a virtual clock; the gateway uses no clock for input requests and is its own
 * process.
 */
describe('fourteen days of input requests', () => {
  const clock = new VirtualClock(NOON);
  const stops: (() => Promise<unknown>)[] = [];
  const observed: EventEnvelope<any>[] = [];
  let servers: DeployedServers;
  let gateway: Product;
  let api: Api;
  let ada: SimulatedUser;

  before(async () => {
    servers = await startDeployedServers();
    stops.push(() => servers.stop());
    const database = await servers.freshDatabase();
    stops.push(await startInProcess({ servers, database, clock }));
    gateway = await startProduct({ database, natsUrlFor: servers.natsUrlFor, only: ['gateway'] });
    stops.push(() => gateway.stop());
    const observer = await connectBus({
      servers: servers.natsUrlFor(OBSERVER),
      name: OBSERVER,
      logger: createLogger({ service: OBSERVER, level: 'error' }),
    });
    stops.push(() => observer.drain());
    for (const stream of ['APPROVAL', 'SCHEDULER'] as const)
      await observer.consume({
        setUp: makeConsumer,
        stream,
        service: OBSERVER,
        handleOne: async (event) => void observed.push(event),
      });
    api = new Api(gateway);
    ada = new SimulatedUser(api);
  });
  after(async () => {
    for (const stop of stops.toReversed()) await stop();
  });

  const of = (request: { id: string }, type: string) =>
    observed.filter(
      (event) =>
        event.type === type && (event.data.request_id === request.id || event.data.payload?.request_id === request.id),
    );
  const decided = (asked: Waiting) =>
    waitUntil(
      async () => {
        const request = await requestOf(api, asked);
        return request.status === 'pending' ? undefined : request;
      },
      { what: 'a decision' },
    );
  const late = async ({ request }: Waiting): Promise<string> =>
    (await ada.respond(request.id, { selected_option: 'yes' })).body.code;

  it('reminders fire in time, a response just before the deadline counts, and a later one is refused', async () => {
    const askOn = (day: number) => {
      const hours = { expires_in_hours: 24 * (day + 1), remind_in_hours: 24 * (day + 1) - 12 };
      return Promise.all([
        waitingForAda(api, hours),
        waitingForAda(api, hours),
        waitingForAda(api, { ...hours, on_timeout: 'resume' }),
        waitingForAda(api, { ...hours, default_option: 'no' }),
        waitingForAda(api, hours, { whole: true }),
      ]);
    };
    // One day after another: all services share this process, and would answer a crowd of calls late.
    const perDay: Awaited<ReturnType<typeof askOn>>[] = [];
    for (let day = 0; day < DAYS; day++) perDay.push(await askOn(day));

    for (const [day, asked] of perDay.entries()) {
      const [answered, failing, resuming, defaulting, whole] = asked;
      const deadline = NOON.getTime() + 24 * (day + 1) * HOUR;
      clock.set(new Date(deadline - 12 * HOUR));
      await waitUntil(() => asked.every(({ request }) => of(request, 'approval.reminder_due').length === 1), {
        what: `the reminders of day ${day + 1}`,
      });

      clock.set(new Date(deadline - 1));
      expect(of(failing.request, 'approval.expired')).to.deep.equal([]);
      await expectStatus(200, ada.respond(answered.request.id, { selected_option: 'yes' }));

      clock.set(new Date(deadline));
      for (const one of [failing, resuming, whole]) expect(await late(one)).to.equal('REQUEST_EXPIRED');
      expect(await late(defaulting)).to.equal('REQUEST_EXPIRED');
      expect(await late(answered)).to.equal('ALREADY_RESPONDED');

      const [atLast, ...others] = await Promise.all(asked.map(decided));
      expect(atLast.response).to.include({ selected_option: 'yes', responded_by: 'ada', via: 'api' });
      expect(others.map((request) => request.status)).to.deep.equal(['expired', 'expired', 'responded', 'expired']);
      expect(others[2].response).to.deep.equal({
        selected_option: 'no',
        freeform_text: null,
        responded_by: null,
        via: 'timeout',
      });

      const after = await Promise.all(asked.map(({ missionId }) => isActiveAgain(api, missionId)));
      expect(after.map(({ tasks }) => tasks[0].status)).to.deep.equal([
        'in_progress',
        'failed',
        'in_progress',
        'in_progress',
        'ready',
      ]);
      expect(after.map(({ needs_attention }) => needs_attention)).to.deep.equal([false, true, false, false, true]);
      expect(after[1].tasks[0].error).to.equal('timeout');
      for (const one of asked)
        expect(await late(one)).to.equal(one === answered ? 'ALREADY_RESPONDED' : 'REQUEST_EXPIRED');
    }

    // An expired request is recorded as expired and not as responded, and each end is recorded once.
    const kinds = ['input_responded', 'input_expired', 'input_expired', 'input_expired', 'input_expired'];
    for (const asked of perDay) {
      for (const [which, { missionId, taskId, request }] of asked.entries()) {
        const history = await historyOf(api, missionId);
        expect(endsOf(history, request.id).map((entry) => entry.event_type)).to.deep.equal([kinds[which]]);
        expect(returnsOf(history, taskId)).to.equal([1, 0, 1, 1, 0][which]);
        expect(of(request, 'approval.reminder_due')).to.have.lengthOf(1);
      }
    }
  });

  it('a default option that was taken by timeout is recorded as timeout, also in the brief', async () => {
    const asked = await waitingForAda(api, { expires_in_hours: 24, default_option: 'no' });
    clock.advance(24 * HOUR);
    await decided(asked);
    await isActiveAgain(api, asked.missionId);
    const [end] = endsOf(await historyOf(api, asked.missionId), asked.request.id);
    expect(end).to.deep.include({
      event_type: 'input_expired',
      content: 'Nobody answered in time; the default "no" was taken.',
    });
    expect(end?.metadata.resolution.response.via).to.equal('timeout');
    const { brief } = await expectStatus(
      200,
      api.post(`missions/${asked.missionId}/resume`, { conversation_id: 'conv-B' }),
    );
    expect(brief).to.match(/nobody answered/i);
  });

  it('a wait with a deadline days ahead ends at its deadline and not before', async () => {
    const wait_for = { kind: 'webhook', timeout_hours: 72, on_timeout: 'fail' };
    const { id } = await api.mission({
      tasks: [
        { title: 'A call back', wait_for },
        { title: 'Another', wait_for: { ...wait_for, on_timeout: 'resume' } },
      ],
    });
    const fired = (type: string, of = id) =>
      observed.filter(
        (event) => event.type === type && event.mission_id === of && event.data.key.startsWith('blocker:'),
      );
    await waitUntil(() => fired('scheduler.timer_set_mission').length === 2);
    clock.advance(72 * HOUR - 1);
    // A later timer of the same kind that has been stored proves that earlier messages were handled.
    const probe = await api.mission({
      tasks: [{ title: 'Later', wait_for: { ...wait_for, timeout_hours: 1 } }],
    });
    await waitUntil(() => fired('scheduler.timer_set_mission', probe.id).length === 1);
    expect(fired('timer.mission')).to.deep.equal([]);
    clock.advance(1);
    const { tasks } = await isActiveAgain(api, id);
    expect(tasks.map((task: { status: string; error: string }) => [task.status, task.error])).to.deep.equal([
      ['failed', 'timeout'],
      ['in_progress', ''],
    ]);
    clock.advance(HOUR);
    await waitUntil(() => fired('timer.mission', probe.id).length === 1);
  });
});
