import { expect } from 'chai';
import { connect, type NatsConnection } from 'nats';
import type { Problem } from '@missions/contracts/errors.ts';
import { deadLetterSubject, liveSubject, requestSubject } from '@missions/contracts/subjects.ts';
import { asGateway, standingInFor } from '@missions/test-support/caller-keys.ts';
import { startDeployedServers, type DeployedServers } from '@missions/test-support/deployed-servers.ts';
import { waitUntil } from '@missions/test-support/wait-until.ts';
import type { Bus } from './bus.ts';
import { connectBus } from './connect.ts';
import { endpoint } from './endpoint.ts';
import { caller, contract, refusal, silent } from './testing/request-fixtures.ts';
import { sampleEvent } from './testing/sample-event.ts';

/** The permissions of deploy/nats/server.conf, as the server enforces them. */
describe('NATS permissions', () => {
  let own: DeployedServers;
  let mission: Bus;
  let gateway: Bus;
  const clients: NatsConnection[] = [];

  /** Publishes as the user. @returns whether the server allowed it. */
  const mayPublish = async (user: string, subject: string): Promise<boolean> => {
    const nc = await client(user);
    nc.publish(subject, '{}', { reply: `_INBOX_${user}.x` });
    return await allowed(nc);
  };
  const maySubscribe = async (user: string, subject: string): Promise<boolean> => {
    const nc = await client(user);
    nc.subscribe(subject, { callback: () => {} });
    return await allowed(nc);
  };
  const client = async (user: string): Promise<NatsConnection> => {
    const nc = await connect({ servers: own.natsUrl, user, pass: 'test', inboxPrefix: `_INBOX_${user}` });
    clients.push(nc);
    return nc;
  };
  /** The server reports a violation before the PONG of a later PING. */
  const allowed = async (nc: NatsConnection): Promise<boolean> => {
    const violations: unknown[] = [];
    void (async () => {
      for await (const status of nc.status()) if (status.type === 'error') violations.push(status);
    })();
    await nc.flush();
    await nc.flush();
    return violations.length === 0;
  };

  before(async () => {
    own = await startDeployedServers();
    mission = await connectBus({
      servers: own.natsUrlFor('mission'),
      name: 'mission',
      logger: silent,
      callerKeys: standingInFor('mission'),
    });
    gateway = await connectBus({
      servers: own.natsUrlFor('gateway'),
      name: 'gateway',
      logger: silent,
      callerKeys: asGateway,
    });
  });
  after(async () => {
    await Promise.all([mission.drain(), gateway.drain(), ...clients.map((one) => one.close())]);
    await own.stop();
  });

  it('let each service do its work: request, reply, publish, consume, store dead letters, notify', async () => {
    const hello = contract('hello');
    await mission.serve('mission', [endpoint(hello, async () => ({ body: '1' }))]);
    for (let times = 0; times < 5; times++)
      expect((await gateway.request(hello, { caller, input: { title: 't' } })).body).to.equal('1');

    const notifications: unknown[] = [];
    gateway.onNotification('acme', 'ann b', (payload) => notifications.push(payload));
    await gateway.flush();
    mission.notify('acme', 'ann b', { mission_id: 'm' });

    const seen: string[] = [];
    const observer = await client('observer');
    const deadLetters: string[] = [];
    observer.subscribe('deadletter.*', { callback: (_, message) => deadLetters.push(message.subject) });
    await observer.flush();
    const bad = sampleEvent({ type: 'approval.expired' });
    const handleOne = (event: { id: string }) =>
      event.id === bad.id ? Promise.reject(new Error('bad')) : Promise.resolve(void seen.push(event.id));
    await mission.consume({ stream: 'APPROVAL', service: 'mission', handleOne, maxDeliver: 2, backoffMs: [1] });
    await mission.consume({ stream: 'EMAIL', service: 'mission', subjects: ['email.replied'], handleOne });
    const event = sampleEvent({ type: 'approval.responded' });
    const approval = await connectBus({ servers: own.natsUrlFor('approval'), name: 'approval', logger: silent });
    await approval.publish(event);
    await approval.publish(bad);
    await approval.drain();
    await mission.publish(sampleEvent());
    await mission.publish(sampleEvent({ type: 'scheduler.timer_set_mission' }));
    await waitUntil(() => seen.length === 1 && deadLetters.length === 1 && notifications.length === 1);
    expect([seen, deadLetters, notifications]).to.deep.equal([
      [event.id],
      ['deadletter.mission'],
      [{ mission_id: 'm' }],
    ]);
    mission.check();
    gateway.check();
    const pong = await observer.request('$SRV.PING.mission', '', { timeout: 2_000 });
    expect(pong.json()).to.include({ name: 'mission' });
  });

  it('let the email-bridge consume e-mail requests and publish replies', async () => {
    const bridge = await connectBus({
      servers: own.natsUrlFor('email-bridge'),
      name: 'email-bridge',
      logger: silent,
      callerKeys: standingInFor('email-bridge'),
    });
    const hello = contract('hello', 'email-bridge');
    await bridge.serve('email-bridge', [endpoint(hello, async () => ({ body: '1' }))]);
    expect((await gateway.request(hello, { caller, input: { title: 't' } })).body).to.equal('1');
    const seen: string[] = [];
    const handleOne = (event: { id: string; type: string }) =>
      Promise.resolve(void seen.push(`${event.type} ${event.id}`));
    await bridge.consume({
      stream: 'MISSION',
      service: 'email-bridge',
      subjects: ['mission.email_requested'],
      handleOne,
    });
    await bridge.consume({ stream: 'SCHEDULER', service: 'email-bridge', subjects: ['timer.email'], handleOne });
    const requested = sampleEvent({ type: 'mission.email_requested' });
    await mission.publish(requested);
    for (const type of ['email.sent', 'email.replied', 'scheduler.timer_set_email', 'scheduler.timer_cancelled_email'])
      await bridge.publish(sampleEvent({ type }));
    await waitUntil(() => seen.length === 1);
    expect(seen).to.deep.equal([`mission.email_requested ${requested.id}`]);
    bridge.check();
    await bridge.drain();
  });

  it('refuse a forbidden publication at once, not after a timeout', async () => {
    const problem: Problem = await refusal(mission.publish(sampleEvent({ type: 'approval.responded' })));
    expect(problem.code).to.equal('INTERNAL');
  });

  const forbiddenToPublish = {
    mission: [
      'approval.responded',
      'email.replied',
      'scheduler.run_requested',
      'timer.mission',
      'scheduler.timer_set',
      'scheduler.timer_cancelled',
      'scheduler.timer_set_approval',
      'scheduler.timer_cancelled_email',
      'mission.created.more',
      deadLetterSubject('approval'),
      requestSubject('mission', 'hello'),
      requestSubject('approval', 'ensure'),
      '_INBOX_gateway.x',
      '$JS.API.STREAM.DELETE.MISSION',
      '$JS.API.STREAM.PURGE.MISSION',
      '$JS.API.STREAM.MSG.GET.APPROVAL',
      '$JS.API.CONSUMER.MSG.NEXT.MISSION.approval',
      '$JS.API.CONSUMER.CREATE.MISSION.approval',
      '$JS.API.CONSUMER.DELETE.MISSION.mission',
      '$JS.ACK.MISSION.approval.1.1.1.1.0',
      '$SRV.PING',
    ],
    'email-bridge': [
      'mission.created',
      'approval.responded',
      'scheduler.run_requested',
      'timer.email',
      'scheduler.timer_set',
      'scheduler.timer_cancelled',
      'scheduler.timer_set_mission',
      'scheduler.timer_cancelled_approval',
      'email.replied.more',
      deadLetterSubject('mission'),
      requestSubject('email-bridge', 'ensure'),
      requestSubject('mission', 'hello'),
      '_INBOX_mission.x',
      '$JS.API.STREAM.DELETE.EMAIL',
      '$JS.API.STREAM.PURGE.EMAIL',
      '$JS.API.CONSUMER.MSG.NEXT.MISSION.mission',
      '$JS.API.CONSUMER.CREATE.MISSION.mission',
      '$JS.ACK.MISSION.mission.1.1.1.1.0',
    ],
    notifier: [
      'mission.created',
      'approval.responded',
      'email.replied',
      'timer.mission',
      'scheduler.timer_set_email',
      deadLetterSubject('mission'),
      requestSubject('email-bridge', 'send'),
      requestSubject('approval', 'respond'),
      requestSubject('notifier', 'profile'),
      '$JS.API.CONSUMER.MSG.NEXT.MISSION.approval',
      '$JS.API.CONSUMER.CREATE.MISSION.notifier',
      '$JS.ACK.MISSION.approval.1.1.1.1.0',
    ],
    gateway: [
      'mission.created',
      'approval.responded',
      'email.replied',
      deadLetterSubject('gateway'),
      liveSubject('acme', 'ann'),
      '$JS.API.STREAM.INFO.MISSION',
      '_INBOX_mission.x',
    ],
    operator: [
      requestSubject('mission', 'hello'),
      deadLetterSubject('mission'),
      liveSubject('acme', 'ann'),
      '_INBOX_gateway.x',
      '$SRV.PING',
      '$JS.API.STREAM.DELETE.MISSION',
      '$JS.API.STREAM.PURGE.MISSION',
      '$JS.API.STREAM.PURGE.DEADLETTER',
      '$JS.API.STREAM.MSG.DELETE.MISSION',
      '$JS.API.CONSUMER.MSG.NEXT.MISSION.mission',
      '$JS.API.CONSUMER.CREATE.MISSION.mission',
      '$JS.API.CONSUMER.DELETE.MISSION.mission',
      '$JS.ACK.MISSION.mission.1.1.1.1.0',
    ],
  };
  const forbiddenToSubscribe = {
    mission: [
      'mission.created',
      'approval.*',
      requestSubject('approval', 'ensure'),
      'svc.>',
      '_INBOX_gateway.>',
      '_INBOX.>',
      'live.*.*',
      '>',
    ],
    'email-bridge': [
      'mission.email_requested',
      'email.*',
      'timer.email',
      requestSubject('mission', 'hello'),
      'svc.>',
      '_INBOX_mission.>',
      '_INBOX.>',
      'live.*.*',
      '>',
    ],
    notifier: [
      'mission.created',
      'approval.*',
      requestSubject('email-bridge', 'send_notice'),
      'svc.>',
      'live.*.*',
      '>',
    ],
    gateway: [
      'mission.*',
      requestSubject('mission', 'hello'),
      'svc.>',
      '_INBOX_mission.>',
      '_INBOX.>',
      'deadletter.*',
      '>',
    ],
    operator: ['mission.*', 'svc.>', '_INBOX_mission.>', '_INBOX.>', 'live.*.*', '>'],
  };
  for (const [user, subjects] of Object.entries(forbiddenToPublish)) {
    it(`keep the ${user} user from publishing on another user's subjects`, async () => {
      for (const subject of subjects) expect(await mayPublish(user, subject), subject).to.equal(false);
    });
  }
  for (const [user, subjects] of Object.entries(forbiddenToSubscribe)) {
    it(`keep the ${user} user from subscribing to another user's subjects`, async () => {
      for (const subject of subjects) expect(await maySubscribe(user, subject), subject).to.equal(false);
    });
  }

  it('allow a user its own subjects, by the same probe', async () => {
    expect(await mayPublish('mission', 'mission.created')).to.equal(true);
    expect(await maySubscribe('gateway', liveSubject('acme', 'ann'))).to.equal(true);
  });

  it('refuse wrong and missing credentials, with an error that names the user and not the password', async () => {
    const wrong = await connectBus({
      servers: own.natsUrlFor('mission').replace(':test@', ':hunter2@'),
      name: 'mission',
      logger: silent,
    }).catch((error: Error) => error);
    expect(wrong).to.be.instanceOf(Error).with.property('message', 'NATS refuses the credentials of user mission');
    expect(
      await connectBus({ servers: own.natsUrl, name: 'mission', logger: silent }).catch((error: Error) => error),
    ).to.be.instanceOf(Error);
  });
});
