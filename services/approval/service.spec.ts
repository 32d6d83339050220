import type { InputRequest } from '@missions/contracts/approval/input-request.ts';
import {
  type AnsweredInputRequest,
  ensureInputRequest,
  getInputRequest,
  respondInputRequest,
} from '@missions/contracts/approval/requests.ts';
import type { EventEnvelope } from '@missions/contracts/event.ts';
import type { Caller } from '@missions/contracts/request.ts';
import type { Bus } from '@missions/messaging/bus.ts';
import { connectBus } from '@missions/messaging/connect.ts';
import type { RelayFaults } from '@missions/persistence/outbox/drain.ts';
import { VirtualClock } from '@missions/runtime/clock.ts';
import { createLogger } from '@missions/runtime/logger.ts';
import { asGateway } from '@missions/test-support/caller-keys.ts';
import { type DeployedServers, OBSERVER, startDeployedServers } from '@missions/test-support/deployed-servers.ts';
import { waitUntil } from '@missions/test-support/wait-until.ts';
import { expect } from 'chai';
import { approval } from './service.ts';
import { refusal, type RunningService, startInProcess } from '@missions/service-kit/testing/service-under-test.ts';
import { inputRequestedEvent, timerFiredEvent, askedRequest, unblockedEvent } from './testing/fixtures.ts';
import { openServiceDatabase } from '@missions/service-kit/service.ts';
import { makeConsumer } from '@missions/messaging/admin/provisioning.ts';

const logger = createLogger({ service: 'spec', level: 'silent' });
const HOUR = 3_600_000;

/**
 * The service with its deployed NATS permissions; one connection that may do everything stands for the other services.
 */
describe('the approval service', () => {
  const clock = new VirtualClock(new Date('2026-06-01T12:00:00Z'));
  let servers: DeployedServers;
  let databaseUrl: string;
  let others: Bus;
  let gateway: Bus;
  let observed: EventEnvelope[] = [];
  let running: RunningService | undefined;

  const start = async (faults?: RelayFaults) => {
    const natsUrl = servers.natsUrlFor('approval');
    running = await startInProcess(approval, { databaseUrl, natsUrl, clock, faults });
  };
  const user: Caller = { kind: 'user', credential: 'spec', customer_id: 'acme', user_id: 'ada', agent_id: null };
  const read = async (it: { id: string }) =>
    (await gateway.request(getInputRequest, { caller: user, input: { request_id: it.id } })).json<InputRequest>();
  const of = (it: { id: string; mission_id: string }) => observed.filter((event) => event.mission_id === it.mission_id);
  const types = (it: { id: string; mission_id: string }) => of(it).map((event) => event.type);

  before(async () => {
    servers = await startDeployedServers();
    databaseUrl = (await servers.freshDatabase({ services: ['approval'] })).urlFor('approval');
    others = await connectBus({ servers: servers.natsUrlFor(OBSERVER), name: 'observer', logger });
    gateway = await connectBus({
      servers: servers.natsUrlFor('gateway'),
      name: 'gateway',
      logger,
      callerKeys: asGateway,
    });
    await start();
    const handleOne = async (event: EventEnvelope) => void observed.push(event);
    await others.consume({ setUp: makeConsumer, stream: 'APPROVAL', service: 'observer', handleOne });
    await others.consume({
      setUp: makeConsumer,
      stream: 'SCHEDULER',
      service: 'observer',
      subjects: ['scheduler.*'],
      handleOne,
    });
  });
  after(async () => {
    await running?.stop();
    await Promise.all([others?.drain(), gateway?.drain()]);
    await servers?.stop();
  });

  it('is ready when database, NATS, outbox and deadlines are', async () => {
    expect(await running?.health.report()).to.deep.equal({
      ready: true,
      checks: { database: 'ok', nats: 'ok', outbox: 'ok', deadlines: 'ok' },
    });
  });

  it('takes an input request from its event and a response from its user, and notifies open streams', async () => {
    const it = askedRequest(clock.now());
    const hints: unknown[] = [];
    const unhint = gateway.onNotification('acme', 'ada', (hint) => hints.push(hint));
    await gateway.flush();
    const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
    await others.publish({ ...inputRequestedEvent(it), traceparent });
    await waitUntil(() => of(it).length === 1);
    expect(of(it)[0]?.traceparent).to.contain('0af7651916cd43dd8448eb211c80319c');
    const { outcome: _event, ...answered } = (
      await gateway.request(respondInputRequest, {
        caller: user,
        input: { request_id: it.id, answer: { selected_option: 'yes' } },
      })
    ).json<AnsweredInputRequest>();
    expect(answered.status).to.equal('responded');
    expect(await read(it)).to.deep.equal(answered);
    await waitUntil(() => of(it).length === 2 && hints.length === 2);
    expect(types(it).toSorted()).to.deep.equal(['approval.requested', 'approval.responded']);
    expect(hints).to.deep.equal(
      ['pending', 'responded'].map((status) => ({ type: 'input_request', id: it.id, status })),
    );
    unhint();
  });

  it('treats the call and the event of one input request as one', async () => {
    const it = askedRequest(clock.now());
    const [reply] = await Promise.all([
      gateway.request(ensureInputRequest, { caller: { ...user, kind: 'agent' }, input: it }),
      others.publish(inputRequestedEvent(it)),
    ]);
    expect(reply.json<InputRequest>().status).to.equal('pending');
    await others.publish(unblockedEvent(it));
    await waitUntil(() => of(it).length === 2);
    expect(types(it).filter((type) => type === 'approval.requested')).to.have.lengthOf(1);
    expect(
      (
        await refusal(
          gateway.request(respondInputRequest, {
            caller: user,
            input: { request_id: it.id, answer: { selected_option: 'yes' } },
          }),
        )
      ).code,
    ).to.equal('ALREADY_RESPONDED');
  });

  it('claims nothing for the event of a question that it has been told of by a call', async () => {
    const [it, later] = [askedRequest(clock.now()), askedRequest(clock.now())];
    await gateway.request(ensureInputRequest, { caller: { ...user, kind: 'agent' }, input: it });
    const [echo, first] = [inputRequestedEvent(it), inputRequestedEvent(later)];
    await others.publish(echo);
    await others.publish(first);
    await waitUntil(() => of(later).length === 1);
    const db = await openServiceDatabase(approval, { databaseUrl, poolSize: 1 }, logger);
    const { rows } = await db.pool.query('select event_id from inbox where event_id = any($1)', [[echo.id, first.id]]);
    await db.close();
    expect(rows).to.deep.equal([{ event_id: first.id }]);
    expect(types(it)).to.deep.equal(['approval.requested']);
  });

  it('reminds and expires in time over fourteen days, without a timer of the scheduler', async () => {
    const days = Array.from({ length: 14 }, (_, day) =>
      askedRequest(clock.now(), {
        expires_at: new Date(clock.now().getTime() + (day + 1) * 24 * HOUR).toISOString(),
        remind_at: new Date(clock.now().getTime() + (day + 0.5) * 24 * HOUR).toISOString(),
        default_option: day % 2 ? 'no' : null,
      }),
    );
    for (const it of days) await others.publish(inputRequestedEvent(it));
    await waitUntil(() => days.every((it) => types(it).includes('approval.requested')));
    for (const [day, it] of days.entries()) {
      clock.advance(12 * HOUR);
      await waitUntil(() => types(it).includes('approval.reminder_due'));
      clock.advance(12 * HOUR);
      await waitUntil(async () => (await read(it)).status !== 'pending');
      expect(await read(it)).to.include({ status: day % 2 ? 'responded' : 'expired' });
    }
  });

  it('handles after a restart what arrived meanwhile, and a relay crash between publishing and marking doubles nothing', async () => {
    await running?.stop();
    const it = askedRequest(clock.now());
    const event = inputRequestedEvent(it);
    await others.publish(event);
    let crashes = 2;
    await start({
      afterPublish: () => {
        if (crashes-- > 0) throw new Error('crash');
      },
    });
    await waitUntil(async () => (await read(it)).status === 'pending');
    await others.publish(unblockedEvent(it));
    await waitUntil(() => of(it).length === 2);
    expect(types(it).toSorted()).to.deep.equal(['approval.cancelled', 'approval.requested']);
  });

  it('cannot publish the subjects of other services', async () => {
    const impostor = await connectBus({ servers: servers.natsUrlFor('approval'), name: 'approval', logger });
    const it = askedRequest(clock.now());
    expect((await refusal(impostor.publish(inputRequestedEvent(it)))).code).to.equal('INTERNAL');
    expect((await refusal(impostor.publish(timerFiredEvent(it, 'expire')))).code).to.equal('INTERNAL');
    await impostor.drain();
  });

  it('sends an invalid event to the dead letters and goes on', async () => {
    const deadLetters: string[] = [];
    const untap = others.subscribe('deadletter.*', ({ subject }) => deadLetters.push(subject));
    await others.flush();
    const bad = askedRequest(clock.now());
    const good = askedRequest(clock.now());
    await others.publish({ ...inputRequestedEvent(bad), data: { question: { id: bad.id } } });
    await others.publish(inputRequestedEvent(good));
    await waitUntil(async () => (await read(good)).status === 'pending' && deadLetters.length === 1);
    expect(deadLetters).to.deep.equal(['deadletter.approval']);
    untap();
  });
});
