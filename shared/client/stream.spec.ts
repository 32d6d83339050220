import { expect } from 'chai';
import { randomUUID } from 'node:crypto';
import { freePort } from '@missions/deploy/dev-servers/ports.ts';
import { product } from '@missions/test-support/shared-product.ts';
import { waitUntil } from '@missions/test-support/wait-until.ts';
import { MissionsClient } from './client.ts';
import { isCode } from './missions-error.ts';
import type { StreamOptions } from './stream.ts';
import { type FaultyConnection, startFaultyConnection } from './testing/faulty-connection.ts';
import { UserClient } from './user-client.ts';

describe('the stream of a user’s events', () => {
  let connection: FaultyConnection;
  let agent: MissionsClient;
  let user: UserClient;
  const stopping: AbortController[] = [];

  beforeEach(async () => {
    const { origin, secret } = await product();
    connection = await startFaultyConnection(origin);
    const named = {
      credential: secret,
      customerId: `stream-${randomUUID()}`,
      userId: 'ada',
      retry: { baseMs: 5, capMs: 20 },
    };
    agent = new MissionsClient({ ...named, baseUrl: origin });
    user = new UserClient({ ...named, baseUrl: connection.origin });
  });
  afterEach(async () => {
    for (const one of stopping.splice(0)) one.abort(new Error('over'));
    await connection.stop();
  });

  /** Reads in the background, once the stream is open. */
  const read = async (options: StreamOptions = {}) => {
    const stop = new AbortController();
    stopping.push(stop);
    const events: { id: string; title: string }[] = [];
    let opened = 0;
    const ended = (async () => {
      for await (const { id, title } of user.streamMyEvents({
        signal: stop.signal,
        onOpen: () => void opened++,
        ...options,
      }))
        events.push({ id, title });
    })().then(
      () => undefined,
      (error: unknown) => error,
    );
    await waitUntil(() => opened === 1, { what: 'the stream, open' });
    return { events, ended, stop, opened: () => opened };
  };
  const note = async (mission_id: string, title: string) =>
    (await agent.logMissionEvent(mission_id, { event_type: 'note', title })).id;
  const receives = (events: { title: string }[], title: string) =>
    waitUntil(() => events.some((event) => event.title === title), {
      what: `“${title}” on the stream`,
    });

  it('reconnects after a reset, and delivers the missed events once and in order', async () => {
    const { id } = await agent.createMission({ title: 'watched' });
    const { events, opened } = await read();
    const notes: string[] = [];
    for (let round = 1; round <= 3; round++) {
      notes.push(await note(id, `received ${round}`));
      await receives(events, `received ${round}`);
      connection.reset();
      notes.push(await note(id, `missed ${round}`));
      await receives(events, `missed ${round}`);
      await waitUntil(() => opened() === round + 1);
    }
    expect(events.filter(({ title }) => /^(received|missed)/.test(title)).map((event) => event.id)).to.deep.equal(
      notes,
    );
  });

  it('reconnects when its connection is silent', async () => {
    const { id } = await agent.createMission({ title: 'silent' });
    const { events, opened } = await read({ silenceMs: 400 });
    await note(id, 'before');
    await receives(events, 'before');
    connection.silence();
    await note(id, 'in silence');
    await receives(events, 'in silence');
    expect(opened()).to.be.greaterThan(1);
    expect(new Set(events.map((event) => event.id)).size).to.equal(events.length);
  });

  it('continues after the last event of an earlier process', async () => {
    const { id } = await agent.createMission({ title: 'left' });
    const last = await note(id, 'the last one');
    await note(id, 'meanwhile');
    const { events } = await read({ lastEventId: last });
    await receives(events, 'meanwhile');
  });

  it('closes its connection when the signal or its reader ends it', async () => {
    const { id } = await agent.createMission({ title: 'ended' });
    const { ended, stop } = await read();
    stop.abort(new Error('enough'));
    expect(await ended).to.have.property('message', 'enough');
    await waitUntil(() => connection.open() === 0, { what: 'the connection, closed' });
    for await (const event of user.streamMyEvents({ onOpen: () => void note(id, 'one') })) {
      expect(event.mission_id).to.equal(id);
      break;
    }
    await waitUntil(() => connection.open() === 0, { what: 'the connection, closed' });
  });

  it('throws the reason of a refusal at once, and retries a transient failure', async () => {
    const { secret } = await product();
    const failure = (client: UserClient, options: StreamOptions = {}) =>
      client
        .streamMyEvents(options)
        .next()
        .then(
          () => undefined,
          (error: unknown) => error,
        );
    const wrong = await failure(new UserClient({ baseUrl: connection.origin, credential: 'wrong', userId: 'ada' }));
    expect(isCode(wrong, 'UNAUTHENTICATED') && wrong.attempts).to.equal(1);
    expect(isCode(await failure(user, { lastEventId: 'no id' }), 'VALIDATION_FAILED')).to.equal(true);
    const unreachable = await failure(
      new UserClient({
        baseUrl: `http://127.0.0.1:${await freePort()}`,
        credential: secret,
        userId: 'ada',
        retry: { baseMs: 5, capMs: 20, retries: 2 },
      }),
    );
    expect(isCode(unreachable, 'UNREACHABLE') && unreachable.attempts).to.equal(3);
  });
});
