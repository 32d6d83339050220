import { expect } from 'chai';
import { AckPolicy, connect, nanos, type NatsConnection } from 'nats';
import type { EventEnvelope } from '@missions/contracts/event.ts';
import { Problem } from '@missions/contracts/errors.ts';
import { currentContext } from '@missions/runtime/context.ts';
import { createLogger } from '@missions/runtime/logger.ts';
import { newTraceparent, parseTraceparent } from '@missions/runtime/trace.ts';
import { startServers, type TestServers } from '@missions/test-support/stack.ts';
import { provision } from '@missions/test-support/test-servers.ts';
import { waitUntil } from '@missions/test-support/wait-until.ts';
import type { Bus } from '../bus.ts';
import { eventHeaders } from '../cloudevents.ts';
import { connectBus, openConnection } from '../connect.ts';
import { consume } from './consume.ts';
import { Connection } from '../connection.ts';
import type { SubjectMessage } from '../notifications.ts';
import { silent } from '../testing/request-fixtures.ts';
import { sampleEvent } from '../testing/sample-event.ts';
import { makeConsumer } from '../admin/provisioning.ts';

const shortBackoff = [5, 5, 5];

describe('consuming events', () => {
  let own: TestServers;
  let bus: Bus;
  const opened: Bus[] = [];
  let tests = 0;
  let service = '';
  let client: NatsConnection | undefined;
  let deadLetters: SubjectMessage[] = [];

  const open = async (name = 'mission'): Promise<Bus> => {
    const one = await connectBus({ servers: own.natsUrl, name, logger: silent });
    opened.push(one);
    return one;
  };

  const events = async (count: number, over: Partial<EventEnvelope> = {}): Promise<EventEnvelope[]> => {
    const made = Array.from({ length: count }, (_, index) => sampleEvent({ index, ...over }));
    await Promise.all(made.map((event) => bus.publish(event)));
    return made;
  };
  const raw = async (): Promise<NatsConnection> => {
    client ??= await connect({ servers: own.natsUrl });
    return client;
  };
  const consumerInfo = async (durable = service) =>
    await (await (await raw()).jetstreamManager()).consumers.info('MISSION', durable);
  const headersLike = (event: EventEnvelope) => {
    const headers = eventHeaders(event);
    headers.delete('Nats-Msg-Id');
    return headers;
  };

  before(async () => {
    own = await startServers();
  });
  after(async () => {
    await client?.close();
    await own.stop();
  });
  beforeEach(async () => {
    // Each test has its own consumer, and an empty stream.
    service = `s${++tests}`;
    bus = await open();
    await (await (await raw()).jetstreamManager()).streams.purge('MISSION');
    deadLetters = [];
    bus.subscribe(`deadletter.${service}`, (deadLetter) => deadLetters.push(deadLetter));
    await bus.flush();
  });
  afterEach(() => Promise.all(opened.splice(0).map((one) => one.drain())));

  it('delivers published events unchanged and in order', async () => {
    const seen: EventEnvelope[] = [];
    const published = await events(3, {
      traceparent: newTraceparent(),
      user_id: 'Zoë "x" 100%\n東京',
      data: { text: 'ü\n', nested: { a: [1] } },
    });
    await bus.consume({
      setUp: makeConsumer,
      stream: 'MISSION',
      service,
      handleOne: async (event) => void seen.push(event),
    });
    await waitUntil(() => seen.length === 3);
    expect(seen).to.deep.equal(published);
  });

  it('puts the waiting events into batches, and handles each event once', async () => {
    const batches: EventEnvelope[][] = [];
    const singles: EventEnvelope[] = [];
    await events(500);
    await bus.consume({
      setUp: makeConsumer,
      stream: 'MISSION',
      service,
      handleBatch: async (batch) => void batches.push(batch),
      handleOne: async (event) => void singles.push(event),
    });
    await waitUntil(() => [...batches.flat(), ...singles].length >= 500);
    expect(new Set([...batches.flat(), ...singles].map((event) => event.id)).size).to.equal(500);
    expect(Math.max(...batches.map((batch) => batch.length))).to.be.within(32, 64);
    expect(batches.length).to.be.below(60);
  });

  it('handles a single event within the trace that the event carries', async () => {
    const [event] = await events(1, { traceparent: newTraceparent() });
    const traces: (string | undefined)[] = [];
    const handleOne = async () => void traces.push(parseTraceparent(currentContext()?.traceparent)?.traceId);
    await bus.consume({ setUp: makeConsumer, stream: 'MISSION', service, handleOne });
    await waitUntil(() => traces.length === 1);
    expect(traces).to.deep.equal([parseTraceparent(event?.traceparent)?.traceId]);
  });

  it('delivers only the named subjects, one or several', async () => {
    await events(1);
    await events(1, { type: 'mission.updated' });
    await events(1, { type: 'mission.completed' });
    for (const [durable, subjects] of [
      ['one', ['mission.updated']],
      ['two', ['mission.updated', 'mission.completed']],
    ] as const) {
      const seen: string[] = [];
      await bus.consume({
        setUp: makeConsumer,
        stream: 'MISSION',
        service,
        durable: `${service}-${durable}`,
        subjects,
        handleOne: async ({ type }) => void seen.push(type),
      });
      await waitUntil(
        async () =>
          (await consumerInfo(`${service}-${durable}`)).ack_floor.stream_seq > 0 && seen.length === subjects.length,
      );
      expect(seen).to.deep.equal(subjects);
    }
  });

  it('updates a consumer that was created with other settings', async () => {
    const seen: string[] = [];
    const handleOne = async ({ type }: EventEnvelope) => void seen.push(type);
    const earlier = await open();
    await earlier.consume({
      setUp: makeConsumer,
      stream: 'MISSION',
      service,
      subjects: ['mission.updated'],
      handleOne,
    });
    await earlier.drain();
    await bus.consume({
      setUp: makeConsumer,
      stream: 'MISSION',
      service,
      subjects: ['mission.created', 'mission.completed'],
      handleOne,
    });
    expect((await consumerInfo()).config.filter_subject).to.equal(undefined);
    await events(1, { type: 'mission.updated' });
    await events(1, { type: 'mission.completed' });
    await waitUntil(() => seen.length === 1);
    expect(seen).to.deep.equal(['mission.completed']);
    await (await open()).consume({ setUp: makeConsumer, stream: 'MISSION', service, handleOne });
    expect((await consumerInfo()).config).not.to.have.any.keys('filter_subject', 'filter_subjects');
  });

  it('handles the events of a failed batch one by one, so that only the failing event is tried again', async () => {
    const published = await events(20);
    const bad = published[7];
    const done: string[] = [];
    let refused = 0;
    const handleOne = async (event: EventEnvelope) => {
      if (event.id === bad?.id && ++refused < 3) throw new Error('not now');
      done.push(event.id);
    };
    const handleBatch = async (batch: EventEnvelope[]) => {
      if (batch.some((event) => event.id === bad?.id)) throw new Error('one of them is bad');
      done.push(...batch.map((event) => event.id));
    };
    await bus.consume({
      setUp: makeConsumer,
      stream: 'MISSION',
      service,
      handleBatch,
      handleOne,
      backoffMs: shortBackoff,
    });
    await waitUntil(async () => (await consumerInfo()).num_ack_pending === 0 && done.length >= 20);
    expect(done.toSorted()).to.deep.equal(published.map((event) => event.id).toSorted());
    expect(refused).to.equal(3);
  });

  it('delivers a failing event again with growing pauses, then stores it and the reason as a dead letter', async () => {
    const [event] = await events(1, { data: { kept: 'as it was' }, traceparent: newTraceparent() });
    const tries: number[] = [];
    const handleOne = () => {
      tries.push(performance.now());
      return Promise.reject(new Error('cannot be done:\nno such table'));
    };
    await bus.consume({
      setUp: makeConsumer,
      stream: 'MISSION',
      service,
      handleOne,
      maxDeliver: 4,
      backoffMs: [10, 40, 160],
    });
    const deadLetter = await waitUntil(() => deadLetters[0]);
    const pauses = tries.slice(1).map((at, index) => at - (tries[index] ?? 0));
    expect(tries).to.have.lengthOf(4);
    for (const [index, least] of [10, 40, 160].entries()) expect(pauses[index]).to.be.at.least(least - 1);
    expect(deadLetter.subject).to.equal(`deadletter.${service}`);
    expect(JSON.parse(deadLetter.body)).to.deep.equal({ kept: 'as it was' });
    expect(deadLetter.headers).to.deep.include({
      'ce-id': [event?.id],
      'ce-type': ['mission.created'],
      traceparent: [event?.traceparent],
      'dl-reason': ['cannot be done: no such table'],
      'dl-attempts': ['4'],
      'dl-subject': ['mission.created'],
      'dl-stream': ['MISSION'],
      'dl-consumer': [service],
    });
    await waitUntil(async () => (await consumerInfo()).num_ack_pending === 0);
    expect(tries).to.have.lengthOf(4);
  });

  it('stores a message that is not an event as a dead letter at once, and goes on with the others', async () => {
    const client = await raw();
    const before = await events(2);
    const js = client.jetstream();
    await js.publish('mission.created', 'not JSON, no headers');
    await js.publish('mission.created', '{"not":"an object of ours"', { headers: headersLike(sampleEvent()) });
    await js.publish('mission.created', '[]', { headers: headersLike(sampleEvent()) });
    // The publisher may use this subject, but not publish the type that the header names.
    await js.publish('mission.created', '{}', { headers: headersLike(sampleEvent({ type: 'approval.responded' })) });
    const after = await events(2);
    const seen: string[] = [];
    await bus.consume({
      setUp: makeConsumer,
      stream: 'MISSION',
      service,
      handleOne: async (event) => void seen.push(event.id),
    });
    await waitUntil(() => deadLetters.length === 4 && seen.length === 4);
    expect(seen).to.deep.equal([...before, ...after].map((event) => event.id));
    expect(deadLetters.map(({ headers }) => headers['dl-reason']?.[0])).to.deep.equal([
      'not an event: has no headers',
      'not an event: has a body that is not JSON',
      'not an event: has data that is not a JSON object',
      'not an event: has the type approval.responded, which differs from its subject mission.created',
    ]);
    expect(deadLetters[0]?.body).to.equal('not JSON, no headers');
    await waitUntil(async () => (await consumerInfo()).num_ack_pending === 0);
  });

  it('stores an event that its handler refuses as invalid as a dead letter at once', async () => {
    await events(1);
    let tries = 0;
    const handleOne = () => (tries++, Promise.reject(new Problem('VALIDATION_FAILED', '/title: is required')));
    await bus.consume({ setUp: makeConsumer, stream: 'MISSION', service, handleOne, backoffMs: shortBackoff });
    const deadLetter = await waitUntil(() => deadLetters[0]);
    expect(deadLetter.headers['dl-reason']).to.deep.equal(['VALIDATION_FAILED: /title: is required']);
    expect(tries).to.equal(1);
  });

  it('stores an event delivered too often and never acknowledged as a dead letter, unhandled', async () => {
    await events(1);
    const manager = await (await raw()).jetstreamManager();
    await manager.consumers.add('MISSION', {
      durable_name: service,
      ack_policy: AckPolicy.Explicit,
      ack_wait: nanos(30_000),
    });
    const consumer = await (await raw()).jetstream().consumers.get('MISSION', service);
    for (let times = 0; times < 3; times++) (await consumer.next())?.nak();
    let tries = 0;
    await bus.consume({
      setUp: makeConsumer,
      stream: 'MISSION',
      service,
      maxDeliver: 3,
      handleOne: async () => void tries++,
    });
    const deadLetter = await waitUntil(() => deadLetters[0]);
    expect(deadLetter.headers['dl-reason']?.[0]).to.match(/^delivered 4 times and never acknowledged/);
    expect(tries).to.equal(0);
  });

  it('keeps events while a dependency of their handler is unavailable, without using up their deliveries', async () => {
    await events(30);
    let away = true;
    let tries = 0;
    const done = new Set<string>();
    const gone = new Error('ECONNREFUSED');
    const handleOne = async (event: EventEnvelope) => {
      tries++;
      if (away) throw gone;
      done.add(event.id);
    };
    const classify = (error: unknown) => (error === gone ? new Problem('UNAVAILABLE', 'away') : undefined);
    await bus.consume({
      setUp: makeConsumer,
      stream: 'MISSION',
      service,
      handleOne,
      classify,
      maxDeliver: 2,
      backoffMs: shortBackoff,
    });
    await waitUntil(() => tries > 3);
    away = false;
    await waitUntil(() => done.size === 30);
    expect(deadLetters).to.have.lengthOf(0);
    await waitUntil(async () => (await consumerInfo()).num_ack_pending === 0);
    expect((await consumerInfo()).delivered.consumer_seq).to.equal(30);
  });

  it('extends the acknowledgement wait of a long handler, so that its event is delivered once', async () => {
    await events(1);
    const ackWaitMs = 150;
    let tries = 0;
    let finished = false;
    const handleOne = async () => {
      tries++;
      const until = performance.now() + 4 * ackWaitMs;
      await waitUntil(() => performance.now() > until);
      finished = true;
    };
    await bus.consume({ setUp: makeConsumer, stream: 'MISSION', service, handleOne, ackWaitMs });
    await waitUntil(async () => finished && (await consumerInfo()).num_ack_pending === 0);
    expect(tries).to.equal(1);
  });

  it('delivers the events of a process that died to another one', async () => {
    const published = await events(3);
    const nc = await connect({ servers: own.natsUrl });
    const begun: string[] = [];
    const dying = { setUp: makeConsumer, stream: 'MISSION', service, ackWaitMs: 200 } as const;
    await consume(new Connection(nc, silent, '_INBOX'), {
      ...dying,
      handleOne: (event) => (begun.push(event.id), new Promise(() => {})),
    });
    await waitUntil(() => begun.length === 1);
    await nc.close();
    const seen: string[] = [];
    await bus.consume({ ...dying, handleOne: async (event) => void seen.push(event.id) });
    await waitUntil(() => seen.length === 3);
    expect(seen.toSorted()).to.deep.equal(published.map((event) => event.id));
    expect(seen).to.include(begun[0]);
  });

  it('drains: finishes and acknowledges the running batch, and gives the other events back at once', async () => {
    const options = { setUp: makeConsumer, stream: 'MISSION', service, maxBatch: 8 } as const;
    const leaving = await open();
    const gate = Promise.withResolvers<void>();
    const first: string[] = [];
    let begun = 0;
    const handle = async (batch: EventEnvelope[]) => {
      begun += batch.length;
      // By then eight events are in the batch and more are in flight.
      if (begun > 16) await gate.promise;
      first.push(...batch.map((event) => event.id));
    };
    await leaving.consume({ ...options, handleBatch: handle, handleOne: (event) => handle([event]) });
    await events(40);
    await waitUntil(async () => begun > 16 && (await consumerInfo()).num_ack_pending > begun - first.length);

    let drained = false;
    const draining = leaving.drain().then(() => (drained = true));
    await waitUntil(async () => (await consumerInfo()).num_waiting === 0);
    for (let times = 0; times < 10; times++) await consumerInfo();
    expect(drained, 'drained while an event is being handled').to.equal(false);
    const doneBefore = first.length;
    gate.resolve();
    await draining;
    expect(first).to.have.lengthOf(begun);
    expect(first.length).to.be.above(doneBefore);

    // Another consumer gets the rest long before the acknowledgement wait is over, and no handled event.
    const began = performance.now();
    const second: string[] = [];
    await bus.consume({ ...options, handleOne: async (event) => void second.push(event.id) });
    await waitUntil(async () => (await consumerInfo()).num_ack_pending === 0 && first.length + second.length >= 40);
    expect(performance.now() - began).to.be.below(20_000);
    expect(second)
      .to.have.lengthOf(40 - first.length)
      .and.not.include.members(first);
    expect(new Set([...first, ...second]).size).to.equal(40);
  });

  it('waits for a consumer that nobody has made, says how to make it, and makes none itself', async () => {
    const logged: string[] = [];
    const logger = createLogger({ service, level: 'error', destination: { write: (line) => void logged.push(line) } });
    const waiting = await connectBus({ servers: own.natsUrl, name: service, logger });
    const seen: string[] = [];
    const [event] = await events(1);
    const consuming = waiting.consume({
      stream: 'MISSION',
      service,
      subjects: ['mission.created'],
      handleOne: async ({ id }) => void seen.push(id),
    });
    const message = `consumer ${service} of MISSION does not exist: \`missions provision\` makes it`;
    expect(await waitUntil(() => refusalOf(waiting))).to.equal(message);
    expect(logged.join()).to.contain(message);
    const deployer = await openConnection({ servers: own.natsUrl, name: 'deployer', logger: silent });
    const made = { stream: 'MISSION', durable: service } as const;
    await makeConsumer(deployer, { ...made, subjects: ['mission.updated'] });
    await waitUntil(() => refusalOf(waiting)?.endsWith('is not given mission.created: `missions provision` makes it'));
    await makeConsumer(deployer, { ...made, subjects: ['mission.created', 'mission.updated'] });
    await consuming;
    await waitUntil(() => seen.length === 1);
    waiting.check();
    expect(seen).to.deep.equal([event?.id]);
    await Promise.all([waiting.drain(), deployer.nc.close()]);
  });

  it('goes on after its consumer, or the whole stream, was deleted', async () => {
    const seen: string[] = [];
    await bus.consume({
      setUp: makeConsumer,
      stream: 'MISSION',
      service,
      handleOne: async (event) => void seen.push(event.id),
    });
    const [one] = await events(1);
    await waitUntil(() => seen.includes(one?.id ?? ''));
    const manager = await (await raw()).jetstreamManager();
    await manager.consumers.delete('MISSION', service);
    const [two] = await events(1);
    await waitUntil(() => seen.includes(two?.id ?? ''));
    await manager.streams.delete('MISSION');
    await provision(own.natsUrl);
    await waitUntil(async () => (await manager.consumers.info('MISSION', service)).name === service);
    const [three] = await events(1);
    await waitUntil(() => seen.includes(three?.id ?? ''));
  });
});

/** Why the bus is not ready; undefined if it is. */
function refusalOf(bus: Bus): string | undefined {
  try {
    bus.check();
    return undefined;
  } catch (error) {
    return (error as Error).message;
  }
}
