import { expect } from 'chai';
import { randomUUID } from 'node:crypto';
import { freePort } from '@missions/deploy/dev-servers/ports.ts';
import { product } from '@missions/test-support/shared-product.ts';
import { waitUntil } from '@missions/test-support/wait-until.ts';
import { MissionsClient } from './client.ts';
import { isCode } from './missions-error.ts';
import type { StreamOptions } from './stream.ts';
import { type FaultyLine, startFaultyLine } from './testing/faulty-connection.ts';
import { UserClient } from './user-client.ts';

describe('the stream of a user’s events', function () {
  this.timeout(40_000);
  let line: FaultyLine;
  let agent: MissionsClient;
  let user: UserClient;
  const stopping: AbortController[] = [];

  beforeEach(async () => {
    const { origin, secret } = await product();
    line = await startFaultyLine(origin);
    const named = {
      credential: secret,
      customerId: `stream-${randomUUID()}`,
      userId: 'ada',
      retry: { baseMs: 5, capMs: 20 },
    };
    agent = new MissionsClient({ ...named, baseUrl: origin });
    user = new UserClient({ ...named, baseUrl: line.origin });
  });
  afterEach(async () => {
    for (const one of stopping.splice(0)) one.abort(new Error('over'));
    await line.stop();
  });

  /** Reads in the background, once the stream is open. */
  const read = async (options: StreamOptions = {}) => {
    const stop = new AbortController();
    stopping.push(stop);
    const told: { id: string; title: string }[] = [];
    let opened = 0;
    const ended = (async () => {
      for await (const { id, title } of user.streamMyEvents({
        signal: stop.signal,
        onOpen: () => void opened++,
        ...options,
      }))
        told.push({ id, title });
    })().then(
      () => undefined,
      (error: unknown) => error,
    );
    await waitUntil(() => opened === 1, { withinMs: 10_000, what: 'the stream, open' });
    return { told, ended, stop, opened: () => opened };
  };
  const note = async (mission_id: string, title: string) =>
    (await agent.logMissionEvent(mission_id, { event_type: 'note', title })).id;
  const hears = (told: { title: string }[], title: string) =>
    waitUntil(() => told.some((event) => event.title === title), {
      withinMs: 10_000,
      what: `“${title}” on the stream`,
    });

  it('goes on over a line that is cut, with what was missed, each once and in order', async () => {
    const { id } = await agent.createMission({ title: 'watched' });
    const { told, opened } = await read();
    const notes: string[] = [];
    for (let round = 1; round <= 3; round++) {
      notes.push(await note(id, `heard ${round}`));
      await hears(told, `heard ${round}`);
      line.cut();
      notes.push(await note(id, `missed ${round}`));
      await hears(told, `missed ${round}`);
      await waitUntil(() => opened() === round + 1, { withinMs: 10_000 });
    }
    expect(told.filter(({ title }) => /^(heard|missed)/.test(title)).map((event) => event.id)).to.deep.equal(notes);
  });

  it('makes another connection when nothing comes over the one it has', async () => {
    const { id } = await agent.createMission({ title: 'silent' });
    const { told, opened } = await read({ silenceMs: 400 });
    await note(id, 'before');
    await hears(told, 'before');
    line.mute();
    await note(id, 'in silence');
    await hears(told, 'in silence');
    expect(opened()).to.be.greaterThan(1);
    expect(new Set(told.map((event) => event.id)).size).to.equal(told.length);
  });

  it('goes on where an earlier process left it', async () => {
    const { id } = await agent.createMission({ title: 'left' });
    const last = await note(id, 'the last one');
    await note(id, 'meanwhile');
    const { told } = await read({ lastEventId: last });
    await hears(told, 'meanwhile');
  });

  it('is ended by its reader, and by the signal, with its connection', async () => {
    const { id } = await agent.createMission({ title: 'ended' });
    const { ended, stop } = await read();
    stop.abort(new Error('enough'));
    expect(await ended).to.have.property('message', 'enough');
    await waitUntil(() => line.open() === 0, { what: 'the connection, closed' });
    for await (const event of user.streamMyEvents({ onOpen: () => void note(id, 'one') })) {
      expect(event.mission_id).to.equal(id);
      break;
    }
    await waitUntil(() => line.open() === 0, { what: 'the connection, closed' });
  });

  it('says why when it cannot begin, and comes again for what passes', async () => {
    const { secret } = await product();
    const failure = (client: UserClient, options: StreamOptions = {}) =>
      client
        .streamMyEvents(options)
        .next()
        .then(
          () => undefined,
          (error: unknown) => error,
        );
    const wrong = await failure(new UserClient({ baseUrl: line.origin, credential: 'wrong', userId: 'ada' }));
    expect(isCode(wrong, 'UNAUTHENTICATED') && wrong.attempts).to.equal(1);
    expect(isCode(await failure(user, { lastEventId: 'no id' }), 'VALIDATION_FAILED')).to.equal(true);
    const nobody = await failure(
      new UserClient({
        baseUrl: `http://127.0.0.1:${await freePort()}`,
        credential: secret,
        userId: 'ada',
        retry: { baseMs: 5, capMs: 20, retries: 2 },
      }),
    );
    expect(isCode(nobody, 'UNREACHABLE') && nobody.attempts).to.equal(3);
  });
});
