import { expect } from 'chai';
import type { EventEnvelope } from '@missions/contracts/event.ts';
import { parseTraceparent } from '@missions/runtime/trace.ts';
import { type ApiResponse, Api } from '@missions/test-support/api.ts';
import { product } from '@missions/test-support/shared-product.ts';
import { waitUntil } from '@missions/test-support/wait-until.ts';
import { openStream, type OpenStream } from './event-stream.ts';
import { listen, type Listener } from './listener.ts';

const traceOf = (header: string | null | undefined): string => parseTraceparent(header ?? undefined)?.traceId ?? 'none';

describe('events of a mission through the whole product', () => {
  let api: Api;
  let listener: Listener;

  before(async () => {
    const running = await product();
    api = new Api(running);
    listener = await listen(running.servers.natsUrlFor);
  });
  after(() => listener?.close());

  const consumed = (missionId: string): EventEnvelope[] =>
    listener.consumed.filter((event) => event.mission_id === missionId);
  const history = async (
    missionId: string,
  ): Promise<{ id: string; sequence: number; event_type: string; content: string }[]> => {
    const found = [];
    let cursor = '';
    do {
      const { body } = await api.get(`missions/${missionId}/events?limit=200${cursor && `&cursor=${cursor}`}`);
      found.push(...body.events);
      cursor = body.next_cursor ?? '';
    } while (cursor);
    return found;
  };
  /** Resolves when each entry of the history has its event. */
  const whole = async (missionId: string): Promise<EventEnvelope[]> => {
    const { length } = await history(missionId);
    await waitUntil(() => consumed(missionId).length >= length, {
      what: `${length} events of ${missionId}`,
    });
    return consumed(missionId);
  };

  it('events reach a live consumer, and those of one request share one trace', async () => {
    const requests: [types: string[], answer: ApiResponse][] = [];
    const step = async (types: string[], asked: Promise<ApiResponse>): Promise<any> => {
      const answer = await asked;
      expect(answer.status, answer.text).to.be.within(200, 299);
      requests.push([types, answer]);
      return answer.body;
    };
    const { id } = await step(
      ['mission.created'],
      api.post('missions', { user_id: 'ada', title: 'Test Mission', conversation_id: 'test-123' }),
    );
    const tasks = {
      tasks: [
        { title: 'First', ref: 'first' },
        { title: 'Second', depends_on: ['first'] },
      ],
    };
    const {
      tasks: [first],
    } = await step(['mission.task_added', 'mission.task_added'], api.post(`missions/${id}/tasks`, tasks));
    await step(
      ['mission.event_logged'],
      api.post(`missions/${id}/events`, { event_type: 'agent_message', content: 'on it' }),
    );
    await step(['mission.resumed'], api.post(`missions/${id}/resume`, { conversation_id: 'conv-B' }));
    await step(['mission.task_completed'], api.patch(`missions/${id}/tasks/${first.id}`, { status: 'completed' }));

    const events = await whole(id);
    for (const [types, answer] of requests) {
      const trace = traceOf(answer.headers.get('traceparent'));
      const caused = events.filter((event) => traceOf(event.traceparent) === trace);
      expect(caused.map((event) => event.type)).to.include.members(types);
      expect(new Set(caused.map((event) => event.version)).size, 'one request, one version').to.equal(1);
      expect(caused.map((event) => event.index)).to.deep.equal(caused.map((_, index) => index));
    }
    expect(new Set(events.map((event) => traceOf(event.traceparent))).size).to.equal(requests.length);
    expect(events.map((event) => event.version)).to.deep.equal(
      events.map((event) => event.version).toSorted((a, b) => a - b),
    );
    // Each entry of the history has one event with the same id.
    expect(events.map((event) => event.id)).to.deep.equal((await history(id)).map((entry) => entry.id));
  });

  it("events carry the trace of the caller's request", async () => {
    const trace = '4bf92f3577b34da6a3ce929d0e0e4736';
    const { body } = await api.post(
      'missions',
      { user_id: 'ada', title: 'Traced' },
      { headers: { traceparent: `00-${trace}-00f067aa0ba902b7-01` } },
    );
    const [created] = await whole(body.id);
    expect(traceOf(created?.traceparent)).to.equal(trace);
  });

  it('events are CloudEvents in binary mode, whatever characters ids have', async () => {
    const user = 'Zoë "q" 100% / 株式';
    const mission = await api.mission({ user_id: user });
    const created = await waitUntil(() =>
      listener.passed.find((message) => message.headers['ce-missionid']?.[0] === mission.id),
    );
    const headers = Object.fromEntries(Object.entries(created.headers).map(([name, values]) => [name, values[0]]));
    expect(created.subject).to.equal('mission.created');
    expect(headers).to.include({
      'ce-specversion': '1.0',
      'ce-type': 'mission.created',
      'ce-source': '/services/mission',
      'ce-time': mission.created_at,
      'ce-datacontenttype': 'application/json',
      'ce-customerid': api.customer,
      'ce-userid': encodeURIComponent(user).replaceAll('%2F', '/'),
      'ce-missionversion': '1',
      'ce-missionindex': '0',
      'Nats-Msg-Id': headers['ce-id'],
    });
    expect(parseTraceparent(headers['traceparent'])).to.be.an('object');
    expect(JSON.parse(created.body)).to.deep.include({
      customer_id: api.customer,
      user_id: user,
      mission_id: mission.id,
      version: 1,
      index: 0,
    });
    expect((await whole(mission.id))[0]).to.include({ id: headers['ce-id'], user_id: user });
  });

  it('a refused call, a call that changes nothing and a replayed call publish no event', async () => {
    const { id } = await api.mission();
    const key = { headers: { 'idempotency-key': `replayed-${id}` } };
    for (let i = 0; i < 3; i++) await api.post(`missions/${id}/events`, { event_type: 'note', content: 'once' }, key);
    expect((await api.patch(`missions/${id}`, { title: 'Test Mission' })).body.version).to.equal(2);
    expect((await api.patch(`missions/${id}`, { title: '' })).status).to.equal(400);
    expect((await api.patch(`missions/${id}`, { title: 'Stale' }, { headers: { 'if-match': '"1"' } })).status).to.equal(
      412,
    );
    // Its event arrives after any other event of the mission.
    await api.post(`missions/${id}/events`, { event_type: 'note', content: 'last' });
    const events = await whole(id);
    expect(events.map((event) => [event.type, event.version])).to.deep.equal([
      ['mission.created', 1],
      ['mission.event_logged', 2],
      ['mission.event_logged', 3],
    ]);
  });

  it('32 concurrent writers of one mission all succeed, and their events have one order', async () => {
    const { id } = await api.mission({ title: 'Contended' });
    const ROUNDS = 5;
    const writers = Array.from({ length: 32 }, async (_, writer) => {
      const answers: ApiResponse[] = [];
      for (let round = 0; round < ROUNDS; round++) {
        const mark = `writer ${writer} round ${round}`;
        if (round % 4 === 1) answers.push(await api.post(`missions/${id}/tasks`, { title: mark }));
        else if (round % 4 === 2) answers.push(await api.patch(`missions/${id}`, { title: mark }));
        else answers.push(await api.post(`missions/${id}/events`, { event_type: 'note', content: mark }));
      }
      return answers;
    });
    const answers = (await Promise.all(writers)).flat();
    expect(answers.filter((one) => one.status >= 300).map((one) => one.text)).to.deep.equal([]);
    const writes = 32 * ROUNDS;

    const events = await whole(id);
    expect(events.filter((event) => event.index === 0).map((event) => event.version)).to.deep.equal(
      Array.from({ length: writes + 1 }, (_, i) => i + 1),
    );
    const entries = await history(id);
    expect(entries.map((entry) => entry.sequence)).to.deep.equal(entries.map((_, i) => i + 1));
    expect(events.map((event) => event.id)).to.deep.equal(entries.map((entry) => entry.id));
    const notes = entries
      .filter((entry) => entry.event_type === 'note' && entry.content.startsWith('writer'))
      .map((entry) => entry.content);
    expect(new Set(notes).size).to.equal(32 * 3);
    const { body } = await api.get(`missions/${id}`);
    expect(body.version).to.equal(writes + 1);
    expect(new Set(body.tasks.map((task: { title: string }) => task.title)).size).to.equal(32);
    expect(new Set(body.tasks.map((task: { order: number }) => task.order)).size).to.equal(32);
  });

  it('twenty streams of a user with many changing missions show each entry once, with its mission', async () => {
    const streams = await Promise.all(
      Array.from({ length: 20 }, async () => openStream(await product(), { customer: api.customer, user: 'ursa' })),
    );
    const missions = await Promise.all(
      Array.from({ length: 10 }, async (_, n) => {
        const { id } = await api.mission({ user_id: 'ursa', title: `Mission ${n}`, tasks: [{ title: 'a' }] });
        for (let i = 0; i < 20; i++) await api.post(`missions/${id}/events`, { title: `Note ${i}`, content: '' });
        return id;
      }),
    );
    for (const id of missions) {
      const ids = (await history(id)).map((entry) => entry.id);
      const { body } = await api.get(`missions/${id}`);
      for (const stream of streams) {
        await waitUntil(() => stream.of(id).length >= ids.length);
        expect(stream.of(id).map((entry) => entry.id)).to.deep.equal(ids);
        const { version, status, phase } = body;
        expect(stream.of(id).at(-1)?.mission).to.deep.equal({ id, version, status, phase });
      }
    }
    for (const stream of streams) stream.close();
  });

  it('a stream shows every entry of a change of a thousand entries, at once and after a reconnection', async () => {
    const stream = await openStream(await product(), { customer: api.customer, user: 'una' });
    const tasks = Array.from({ length: 200 }, (_, n) => ({ title: `Step ${n}` }));
    const { body } = await api.post('missions', { user_id: 'una', title: 'Many', conversation_id: 'c', tasks });
    for (let batch = 0; batch < 2; batch++)
      expect((await api.post(`missions/${body.id}/tasks`, { tasks })).status).to.equal(201);
    const cancelled = await api.post(`/api/v1/missions/${body.id}/cancel`, undefined, {
      headers: { 'x-user-id': 'una' },
    });
    expect(cancelled.status, cancelled.text).to.equal(200);
    const entries = await history(body.id);
    expect(entries.length).to.be.above(1_000);
    const ids = new Set(entries.map(({ id }) => id));
    const hasAll = (open: OpenStream) => {
      const shown = new Set(open.of(body.id).map((entry) => entry.id));
      return [...ids].every((id) => shown.has(id));
    };
    await waitUntil(() => hasAll(stream));
    stream.close();

    const again = await openStream(await product(), {
      customer: api.customer,
      user: 'una',
      lastEventId: entries[0]!.id,
    });
    await waitUntil(() => hasAll(again));
    expect(again.of(body.id).length).to.equal(ids.size);
    again.close();
  });
});
