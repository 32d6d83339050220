import { expect } from 'chai';
import { connect, Empty, type NatsConnection, nanos } from 'nats';
import { consumers } from '@missions/contracts/consumers.ts';
import { requestSubject, type StreamName, streams } from '@missions/contracts/subjects.ts';
import { asGateway, standingInFor } from '@missions/test-support/caller-keys.ts';
import { type DeployedServers, OBSERVER, startDeployedServers } from '@missions/test-support/deployed-servers.ts';
import { waitUntil } from '@missions/test-support/wait-until.ts';
import { eventHeaders } from './cloudevents.ts';
import { connectBus } from './connect.ts';
import { endpoint } from './endpoint.ts';
import { caller, contract, silent } from './testing/request-fixtures.ts';
import { sampleEvent } from './testing/sample-event.ts';

const streamNames = Object.keys(streams) as StreamName[];
const services = Object.keys(consumers) as (keyof typeof consumers)[];
/** Every login of deploy/nats/server.conf but that which makes streams and consumers. */
const logins = [...services, 'gateway', 'operator', 'eraser'];
const durablesOf = (login: string, stream: StreamName): readonly string[] =>
  login in consumers && stream in consumers[login as keyof typeof consumers] ? [login] : [];

interface ApiCall {
  name: string;
  subject: string;
  body?: object;
}

/** The calls of JetStream that change a stream, or read it past the consumers (ADR-1 "JetStream JSON API Design"). */
function callsOnStream(stream: StreamName): ApiCall[] {
  const config = { name: stream, subjects: streams[stream].subjects, republish: { src: '>', dest: 'svc.approval.x' } };
  const api = `$JS.API.STREAM`;
  return [
    { name: 'STREAM.CREATE', subject: `${api}.CREATE.${stream}`, body: config },
    { name: 'STREAM.CREATE of another', subject: `${api}.CREATE.OWN`, body: { name: 'OWN', subjects: ['svc.*.*'] } },
    { name: 'STREAM.UPDATE', subject: `${api}.UPDATE.${stream}`, body: { ...config, max_msgs: 1 } },
    { name: 'STREAM.DELETE', subject: `${api}.DELETE.${stream}` },
    { name: 'STREAM.PURGE', subject: `${api}.PURGE.${stream}` },
    { name: 'STREAM.MSG.GET', subject: `${api}.MSG.GET.${stream}`, body: { seq: 1 } },
    { name: 'STREAM.MSG.DELETE', subject: `${api}.MSG.DELETE.${stream}`, body: { seq: 1 } },
    { name: 'STREAM.SNAPSHOT', subject: `${api}.SNAPSHOT.${stream}`, body: { deliver_subject: 'svc.approval.x' } },
    { name: 'STREAM.RESTORE', subject: `${api}.RESTORE.${stream}`, body: { config } },
    { name: 'DIRECT.GET', subject: `$JS.API.DIRECT.GET.${stream}`, body: { seq: 1 } },
  ];
}

/** The calls that make, change, remove or use a consumer of that name. */
function callsOnConsumer(stream: StreamName, durable: string): ApiCall[] {
  const config = {
    durable_name: durable,
    ack_policy: 'explicit',
    deliver_subject: requestSubject('approval', 'respond'),
  };
  const body = { stream_name: stream, config };
  const api = '$JS.API.CONSUMER';
  return [
    { name: 'CONSUMER.CREATE', subject: `${api}.CREATE.${stream}.${durable}`, body },
    { name: 'CONSUMER.CREATE by filter', subject: `${api}.CREATE.${stream}.${durable}.mission.created`, body },
    { name: 'CONSUMER.CREATE without a name', subject: `${api}.CREATE.${stream}`, body },
    { name: 'CONSUMER.DURABLE.CREATE', subject: `${api}.DURABLE.CREATE.${stream}.${durable}`, body },
    { name: 'CONSUMER.DELETE', subject: `${api}.DELETE.${stream}.${durable}` },
    {
      name: 'CONSUMER.PAUSE',
      subject: `${api}.PAUSE.${stream}.${durable}`,
      body: { pause_until: '2100-01-01T00:00:00Z' },
    },
  ];
}

/** What the owner of a durable may do with it, and nobody else. */
const usesOfConsumer = (stream: StreamName, durable: string): ApiCall[] => [
  { name: 'CONSUMER.MSG.NEXT', subject: `$JS.API.CONSUMER.MSG.NEXT.${stream}.${durable}`, body: { batch: 1 } },
  { name: 'ACK', subject: `$JS.ACK.${stream}.${durable}.1.1.1.1.0` },
];

/** What an operator is there for: reading a stream message by message, and removing dead letters. */
const operatorMay = (subject: string): boolean =>
  /^\$JS\.API\.STREAM\.MSG\.(GET\.\w+|DELETE\.DEADLETTER)$/.test(subject);

/** What the eraser is there for: overwriting messages of erased missions. */
const eraserMay = (subject: string): boolean => /^\$JS\.API\.STREAM\.MSG\.(GET|DELETE)\.\w+$/.test(subject);

describe('the roles on NATS', () => {
  let own: DeployedServers;
  let observer: NatsConnection;
  const clients = new Map<string, { nc: NatsConnection; violations: string[] }>();

  async function client(user: string) {
    const known = clients.get(user);
    if (known) return known;
    const nc = await connect({ servers: own.natsUrl, user, pass: 'test', inboxPrefix: `_INBOX_${user}` });
    const violations: string[] = [];
    void (async () => {
      for await (const { type, permissionContext } of nc.status() as AsyncIterable<any>)
        if (type === 'error') violations.push(permissionContext?.subject ?? '');
    })();
    clients.set(user, { nc, violations });
    return { nc, violations };
  }

  /** Sends the calls. @returns the subjects that the server refused, which it reports before the PONG of a later PING. */
  async function refusedOf(user: string, subjects: readonly ApiCall[]): Promise<string[]> {
    const { nc, violations } = await client(user);
    violations.length = 0;
    for (const { subject, body } of subjects)
      nc.publish(subject, body ? JSON.stringify(body) : Empty, { reply: `_INBOX_${user}.x` });
    await nc.flush();
    await nc.flush();
    return [...violations];
  }

  /** A call of JetStream as that user. @returns whether the server carried it out. */
  async function attempt(user: string, subject: string, body: object): Promise<boolean> {
    const { nc } = await client(user);
    const reply = await nc.request(subject, JSON.stringify(body), { timeout: 2_000 }).catch(() => undefined);
    return reply !== undefined && !('error' in reply.json<object>());
  }

  before(async () => {
    own = await startDeployedServers();
    observer = (await client(OBSERVER)).nc;
  });
  after(async () => {
    await Promise.all([...clients.values()].map(({ nc }) => nc.close()));
    await own?.stop();
  });

  it('keep the scheduler from having the server publish a response of the user by `republish`', async () => {
    const heard: string[] = [];
    observer.subscribe('approval.responded', { callback: (_, { data }) => heard.push(new TextDecoder().decode(data)) });
    await observer.flush();
    const { config } = await (await observer.jetstreamManager()).streams.info('SCHEDULER');
    const republish = { src: 'timer.email', dest: 'approval.responded' };
    const updated = await attempt('scheduler', '$JS.API.STREAM.UPDATE.SCHEDULER', { ...config, republish });
    const { nc } = await client('scheduler');
    const forged = sampleEvent({ type: 'timer.email' });
    await nc.jetstream().publish('timer.email', '{"forged":"the answer"}', { headers: eventHeaders(forged) });
    await observer.flush();
    expect([updated, heard]).to.deep.equal([false, []]);
  });

  it('keep the e-mail bridge from having the server send a request for it by `deliver_subject`', async () => {
    const respond = requestSubject('approval', 'respond');
    const heard: string[] = [];
    observer.subscribe(respond, { callback: (_, { data }) => heard.push(new TextDecoder().decode(data)) });
    await observer.flush();
    const config = {
      durable_name: 'email-bridge',
      deliver_subject: respond,
      deliver_policy: 'all',
      ack_policy: 'none',
      max_deliver: 1,
      idle_heartbeat: nanos(1_000),
    };
    const made = await attempt('email-bridge', '$JS.API.CONSUMER.CREATE.EMAIL.email-bridge', {
      stream_name: 'EMAIL',
      config,
    });
    const { nc } = await client('email-bridge');
    const forged = sampleEvent({ type: 'email.sent' });
    await nc.jetstream().publish('email.sent', '{"forged":"the request"}', { headers: eventHeaders(forged) });
    await observer.flush();
    expect([made, heard]).to.deep.equal([false, []]);
  });

  it('keep two logins together from making a request of a stored message, which a pull can have sent anywhere', async () => {
    const handled: string[] = [];
    const approval = await connectBus({
      servers: own.natsUrlFor('approval'),
      name: 'approval',
      logger: silent,
      callerKeys: standingInFor('approval'),
    });
    await approval.serve('approval', [
      endpoint(contract('hello', 'approval'), async ({ input }) => (handled.push(input.title), { body: '1' })),
    ]);
    const body = JSON.stringify({ caller, input: { title: 'forged' } });
    const { nc: scheduler } = await client('scheduler');
    const { nc: bridge } = await client('email-bridge');
    const heard: string[] = [];
    const onHello = requestSubject('approval', 'hello');
    observer.subscribe(onHello, { callback: (_, { subject }) => heard.push(subject) });
    await observer.flush();
    const store = (type: string) =>
      scheduler.jetstream().publish(type, body, { headers: eventHeaders(sampleEvent({ type })) });
    const pull = (batch: number, reply: string) =>
      bridge.publish('$JS.API.CONSUMER.MSG.NEXT.SCHEDULER.email-bridge', JSON.stringify({ batch }), { reply });
    await store('timer.email');
    const { num_pending: stored } = await (
      await observer.jetstreamManager()
    ).consumers.info('SCHEDULER', 'email-bridge');
    pull(stored, onHello);
    await waitUntil(() => heard.length === stored);
    // The same connection of the service receives this later than the forged request.
    const honest = await connectBus({
      servers: own.natsUrlFor('gateway'),
      name: 'gateway',
      logger: silent,
      callerKeys: asGateway,
    });
    await honest.request(contract('hello', 'approval'), { caller, input: { title: 'honest' } });
    expect(new Set(heard)).to.deep.equal(new Set(['timer.email', onHello]));
    expect(handled).to.deep.equal(['honest']);
    await store('timer.email');
    pull(1, 'approval.responded');
    await waitUntil(
      async () => (await (await observer.jetstreamManager()).streams.info('APPROVAL')).state.messages > 0,
    );
    const { num_pending } = await (await observer.jetstreamManager()).consumers.info('APPROVAL', 'mission');
    expect(num_pending, 'responses of the user that the mission service would be given').to.equal(0);
    await Promise.all([approval.drain(), honest.drain()]);
  });

  for (const login of logins) {
    it(`refuse ${login} every call of JetStream on what is not its own`, async () => {
      const calls = streamNames.flatMap((stream) => [
        ...callsOnStream(stream),
        ...[...services, 'operator', 'stranger'].flatMap((durable) => [
          ...callsOnConsumer(stream, durable),
          ...(durablesOf(login, stream).includes(durable) ? [] : usesOfConsumer(stream, durable)),
        ]),
      ]);
      const may = { operator: operatorMay, eraser: eraserMay }[login];
      const forbidden = calls.filter(({ subject }) => !may?.(subject));
      const refused = new Set(await refusedOf(login, forbidden));
      const allowed = forbidden.filter(({ subject }) => !refused.has(subject));
      expect(allowed.map(({ name, subject }) => `${name}: ${subject}`)).to.deep.equal([]);
    });
  }

  for (const service of services) {
    it(`let ${service} look at, pull from and acknowledge its own consumers`, async () => {
      const own = streamNames.filter((stream) => durablesOf(service, stream).length > 0);
      const calls = own.flatMap((stream) => [
        { name: 'STREAM.INFO', subject: `$JS.API.STREAM.INFO.${stream}` },
        { name: 'CONSUMER.INFO', subject: `$JS.API.CONSUMER.INFO.${stream}.${service}` },
        ...usesOfConsumer(stream, service),
      ]);
      expect(own).not.to.have.length(0);
      expect(await refusedOf(service, calls)).to.deep.equal([]);
    });
  }

  it('let the eraser look at, read and delete messages of streams, and publish nothing', async () => {
    const calls = streamNames.flatMap((stream) => [
      { name: 'STREAM.INFO', subject: `$JS.API.STREAM.INFO.${stream}` },
      { name: 'STREAM.MSG.GET', subject: `$JS.API.STREAM.MSG.GET.${stream}`, body: { seq: 1_000_000 } },
      { name: 'STREAM.MSG.DELETE', subject: `$JS.API.STREAM.MSG.DELETE.${stream}`, body: { seq: 1_000_000 } },
    ]);
    expect(await refusedOf('eraser', calls)).to.deep.equal([]);
    const events = [
      'mission.erased',
      'approval.responded',
      'deadletter.mission',
      requestSubject('approval', 'respond'),
    ];
    expect(
      await refusedOf(
        'eraser',
        events.map((subject) => ({ name: subject, subject })),
      ),
    ).to.deep.equal(events);
  });
});
