import { expect } from 'chai';
import { AckPolicy, connect, type JetStreamManager, type NatsConnection } from 'nats';
import { isSubscriberName } from '@missions/deploy/nats/subscribers.ts';
import { consumers } from '@missions/contracts/consumers.ts';
import { publishers } from '@missions/contracts/publishers.ts';
import {
  deadLetterSubject,
  liveSubject,
  mirroredStreams,
  requestSubject,
  type StreamName,
} from '@missions/contracts/subjects.ts';
import { type DeployedServers, OBSERVER, startDeployedServers } from '@missions/test-support/deployed-servers.ts';
import { waitUntil } from '@missions/test-support/wait-until.ts';
import { type AdminConnection, connectAdmin, ERASER, PROVISIONER } from './admin/admin-connection.ts';
import { eventHeaders } from './cloudevents.ts';
import { sampleEvent } from './testing/sample-event.ts';

/** Services of others, with the logins that `missions subscribers add` gives them. */
describe('subscribers', () => {
  let own: DeployedServers;
  let observer: NatsConnection;
  let ours: JetStreamManager;
  let deployment: AdminConnection;
  let billing: NatsConnection;
  let theirs: JetStreamManager;
  const clients: NatsConnection[] = [];

  async function client(user: string): Promise<NatsConnection> {
    const nc = await connect({ servers: own.natsUrl, user, pass: 'test' });
    clients.push(nc);
    return nc;
  }
  /** @returns the subjects that the server refused, which it reports before the PONG of a later PING. */
  async function refused(nc: NatsConnection, act: () => void): Promise<string[]> {
    const violations: string[] = [];
    const statuses = nc.status();
    void (async () => {
      for await (const { type, permissionContext } of statuses as AsyncIterable<any>)
        if (type === 'error') violations.push(permissionContext?.subject ?? '');
    })();
    act();
    await nc.flush();
    await nc.flush();
    return violations;
  }
  const publish = async (type: string, event = sampleEvent({ type })) => {
    await observer.jetstream().publish(type, '{}', { headers: eventHeaders(event) });
    return event;
  };
  const mirrored = async (stream: StreamName) => {
    const { last_seq: last } = (await ours.streams.info(stream)).state;
    await waitUntil(async () => (await theirs.streams.info(stream)).state.last_seq >= last);
  };

  before(async () => {
    own = await startDeployedServers({ subscribers: ['billing', 'audit'] });
    observer = await client(OBSERVER);
    ours = await observer.jetstreamManager();
    deployment = await connectAdmin(own.natsUrlFor(PROVISIONER));
    await deployment.provision({ mirrors: true });
    billing = await client('billing');
    theirs = await billing.jetstreamManager();
  });
  after(async () => {
    await Promise.all(clients.map((nc) => nc.close()));
    await deployment?.close();
    await own?.stop();
  });

  it('read every event of the product at the number that it has there', async () => {
    for (const type of [
      'mission.created',
      'approval.requested',
      'email.sent',
      'notifier.unreachable',
      'scheduler.run_requested',
    ])
      await publish(type);
    for (const stream of mirroredStreams) {
      await mirrored(stream);
      const { last_seq: seq } = (await ours.streams.info(stream)).state;
      const [original, copy] = await Promise.all([ours, theirs].map((one) => one.streams.getMessage(stream, { seq })));
      expect([copy?.subject, copy?.header.get('ce-id')]).to.deep.equal([
        original?.subject,
        original?.header.get('ce-id'),
      ]);
    }
  });

  it('make consumers as they like: durable, ordered, and pushed to a subject of their own', async () => {
    await publish('mission.created');
    await mirrored('MISSION');
    await theirs.consumers.add('MISSION', { durable_name: 'anything', ack_policy: AckPolicy.Explicit });
    const message = await (await billing.jetstream().consumers.get('MISSION', 'anything')).next();
    expect(await message?.ackAck()).to.equal(true);
    expect(await (await billing.jetstream().consumers.get('MISSION')).next()).to.have.property('subject');
    const pushed: string[] = [];
    billing.subscribe('deliver.billing.all', { callback: (_, { subject }) => pushed.push(subject) });
    const push = { name: 'pushed', ack_policy: AckPolicy.None, deliver_subject: 'deliver.billing.all' };
    await theirs.consumers.add('MISSION', push);
    await waitUntil(() => pushed.length > 0);
  });

  it('publish nothing into the product', async () => {
    const subjects = [
      ...Object.keys(publishers),
      requestSubject('approval', 'respond'),
      deadLetterSubject('mission'),
      liveSubject('acme', 'ann'),
      'anything.else',
    ];
    expect(await refused(billing, () => subjects.forEach((subject) => billing.publish(subject)))).to.deep.equal(
      subjects,
    );
  });

  it('see no request, response, notification or call of JetStream of anybody else', async () => {
    const subjects = ['>', 'svc.>', 'live.>', '_INBOX_mission.>', '$JS.>', '$MIRROR.>', '$SYS.>', '_INBOX_audit.>'];
    const errors = await refused(billing, () =>
      subjects.forEach((subject) => billing.subscribe(subject, { callback: () => {} })),
    );
    expect(errors).to.have.members(subjects);
  });

  it('change no stream, and have no call that reaches those of the product', async () => {
    const calls = mirroredStreams.flatMap((stream) => [
      `$JS.API.STREAM.CREATE.${stream}`,
      `$JS.API.STREAM.UPDATE.${stream}`,
      `$JS.API.STREAM.DELETE.${stream}`,
      `$JS.API.STREAM.PURGE.${stream}`,
      `$JS.API.STREAM.MSG.DELETE.${stream}`,
      `$JS.API.STREAM.SNAPSHOT.${stream}`,
      `$JS.API.CONSUMER.CREATE.${stream}`,
      `$JS.API.CONSUMER.LIST.${stream}`,
      `$JS.API.CONSUMER.NAMES.${stream}`,
      `$MIRROR.API.CONSUMER.CREATE.${stream}.mine`,
      `$MIRROR.deliver.${stream}`,
      `$EVENTS.API.STREAM.DELETE.${stream}`,
    ]);
    expect(await refused(billing, () => calls.forEach((call) => billing.publish(call, '{}')))).to.deep.equal(calls);
    for (const name of ['mission', 'scheduler'])
      expect(await theirs.consumers.info('MISSION', name).catch((error: Error) => error)).to.be.instanceOf(Error);
  });

  it('have nothing published for them in the product, whatever subject a consumer of theirs is sent to', async () => {
    const targets = [
      requestSubject('approval', 'respond'),
      'approval.responded',
      'live.x.y',
      '$MIRROR.API.CONSUMER.CREATE.MISSION.taken',
    ];
    const heard: string[] = [];
    for (const subject of ['svc.>', 'approval.responded', 'live.>'])
      observer.subscribe(subject, { callback: (_, message) => heard.push(message.subject) });
    await observer.flush();
    for (const [at, target] of targets.entries()) {
      const push = { name: `away-${at}`, ack_policy: AckPolicy.None, deliver_subject: target };
      await theirs.consumers.add('MISSION', push).catch(() => {});
      await theirs.consumers.add('MISSION', { durable_name: `pull-${at}`, ack_policy: AckPolicy.None });
      billing.publish(`$JS.API.CONSUMER.MSG.NEXT.MISSION.pull-${at}`, '{"batch":10}', { reply: target });
    }
    // Asked for later on the same connection, and therefore answered later.
    await theirs.consumers.add('MISSION', { durable_name: 'honest', ack_policy: AckPolicy.None });
    expect(await (await billing.jetstream().consumers.get('MISSION', 'honest')).next()).to.have.property('subject');
    await observer.flush();
    expect(heard).to.deep.equal([]);
    const names = (await ours.consumers.list('MISSION').next()).map(({ name }) => name);
    expect(names).to.include.members(Object.keys(consumers).filter((name) => name !== 'mission'));
    expect(names.filter((name) => /taken|away|pull|billing/.test(name))).to.deep.equal([]);
    expect((await ours.streams.info('MISSION')).state.messages).to.be.above(0);
  });

  it('cannot look at, take from, change, acknowledge for, or remove the consumer that bears another one’s name', async () => {
    const audit = await client('audit');
    const manager = await audit.jetstreamManager();
    await manager.consumers.add('MISSION', { durable_name: 'audit', ack_policy: AckPolicy.Explicit });
    const calls = [
      '$JS.API.CONSUMER.INFO.MISSION.audit',
      '$JS.API.CONSUMER.MSG.NEXT.MISSION.audit',
      '$JS.API.CONSUMER.CREATE.MISSION.audit',
      '$JS.API.CONSUMER.CREATE.MISSION.audit.mission.created',
      '$JS.API.CONSUMER.DURABLE.CREATE.MISSION.audit',
      '$JS.API.CONSUMER.DELETE.MISSION.audit',
      '$JS.ACK.MISSION.audit.1.1.1.1.0',
      '$JS.ACK._.hash.MISSION.audit.1.1.1.1.0',
    ];
    expect(await refused(billing, () => calls.forEach((call) => billing.publish(call, '{}')))).to.deep.equal(calls);
    expect(await (await audit.jetstream().consumers.get('MISSION', 'audit')).next()).to.have.property('subject');
    expect(await deployment.removeSubscriberConsumers('audit')).to.deep.equal(['MISSION']);
  });

  it('are given a mirror anew when its stream was lost, from the first event on', async () => {
    await ours.streams.delete('EMAIL');
    await deployment.provision();
    const { mirrors } = await deployment.provision();
    expect(new Set(mirrors.map(({ outcome }) => outcome))).to.deep.equal(new Set(['unchanged']));
    const { id } = await publish('email.replied');
    await mirrored('EMAIL');
    expect((await theirs.streams.getMessage('EMAIL', { seq: 1 })).header.get('ce-id')).to.equal(id);
  });

  it('no longer read what is erased', async () => {
    const event = await publish('mission.updated', sampleEvent({ type: 'mission.updated' }));
    await mirrored('MISSION');
    const { last_seq: seq } = (await ours.streams.info('MISSION')).state;
    const eraser = await connectAdmin(own.natsUrlFor(ERASER));
    await eraser.eraseMessages([event.mission_id]);
    await eraser.close();
    expect(await theirs.streams.getMessage('MISSION', { seq }).catch((error: Error) => error.message)).to.equal(
      'no message found',
    );
  });

  it('have names that are one word of a subject', () => {
    expect(['billing', 'a', 'eu-2_x'].filter(isSubscriberName)).to.have.length(3);
    expect(['', 'Billing', 'a.b', '*', '>', 'a b', '"', '-a'].filter(isSubscriberName)).to.deep.equal([]);
  });
});
