import { expect } from 'chai';
import { Api } from '@missions/test-support/api.ts';
import { product, type SharedProduct } from '@missions/test-support/shared-product.ts';
import { waitUntil } from '@missions/test-support/wait-until.ts';
import { endsOf, isActiveAgain, historyOf, requestOf, waitingForAda } from './client.ts';
import { type OpenStream, openStream } from './event-stream.ts';
import { SimulatedUser } from './simulated-user.ts';

const WAITERS = 40;

describe('waiting for a response', () => {
  let running: SharedProduct;
  let api: Api;
  let ada: SimulatedUser;
  const open: OpenStream[] = [];

  before(async () => {
    running = await product();
    api = new Api(running);
    ada = new SimulatedUser(api);
  });
  afterEach(() => {
    for (const one of open.splice(0)) one.close();
  });

  /** Number of read requests that the approval service has handled. */
  const reads = async (): Promise<number> => {
    const text = await (await fetch(`http://127.0.0.1:${running.approval.port}/metrics`)).text();
    const [, count] =
      /^missions_request_seconds_count\{service="approval",verb="get",outcome="ok"\} (\d+)$/m.exec(text) ?? [];
    return Number(count ?? 0);
  };
  /** As the history shows them: without what the stream says of the mission. */
  const entriesOf = (stream: OpenStream, id: string) => stream.of(id).map(({ mission: _mission, ...entry }) => entry);
  const look = async (user: string, lastEventId?: string): Promise<OpenStream> => {
    const stream = await openStream(running, {
      customer: api.customer,
      user,
      ...(lastEventId !== undefined && { lastEventId }),
    });
    open.push(stream);
    return stream;
  };

  it(`each of ${WAITERS} waiting callers gets the response as soon as it is given, with one call`, async () => {
    const asked = await waitingForAda(api);
    const before = await reads();
    const path = `missions/${asked.missionId}/input-requests/${asked.request.id}`;
    let waiting = WAITERS;
    const waiters = Array.from({ length: WAITERS }, async () => {
      const answer = await api.get(`${path}?wait=30`);
      waiting--;
      return answer;
    });
    // Each caller reads the input request twice: at first, and after its subscription.
    await waitUntil(async () => (await reads()) === before + 2 * WAITERS, { what: 'everybody to wait' });
    expect(waiting).to.equal(WAITERS);
    const answered = await ada.respond(asked.request.id, { selected_option: 'yes' });
    for (const answer of await Promise.all(waiters)) {
      expect(answer.status, answer.text).to.equal(200);
      expect(answer.body).to.deep.equal(answered.body);
    }
    expect((await reads()) - before).to.equal(3 * WAITERS);
  });

  it('a caller waits no longer than it asked for, and not at all if the input request is decided', async () => {
    const asked = await waitingForAda(api);
    const path = `missions/${asked.missionId}/input-requests/${asked.request.id}`;
    const began = performance.now();
    expect((await api.get(`${path}?wait=0.3`)).body).to.deep.equal(asked.request);
    expect(performance.now() - began).to.be.at.least(295);
    expect((await api.get(`${path}?wait=61`)).body.code).to.equal('VALIDATION_FAILED');
    await ada.control(asked.missionId, 'cancel');
    await waitUntil(async () => (await requestOf(api, asked)).status === 'cancelled');
    expect((await api.get(`${path}?wait=60`)).body.status).to.equal('cancelled');
  });

  it('a waiting caller is notified of a cancellation as of a response', async () => {
    const asked = await waitingForAda(api);
    const before = await reads();
    const waiter = api.get(`missions/${asked.missionId}/input-requests/${asked.request.id}?wait=30`);
    await waitUntil(async () => (await reads()) === before + 2);
    await ada.control(asked.missionId, 'cancel');
    expect((await waiter).body).to.include({ status: 'cancelled', response: null });
  });

  it('the stream shows the response to its user only, and is resumed from the last event id', async () => {
    const [hers, eves, elsewhere] = [
      await look('ada'),
      await look('eve'),
      await openStream(running, { customer: `${api.customer}-2`, user: 'ada' }),
    ];
    open.push(elsewhere);
    const { missionId, request } = await waitingForAda(api);
    await waitUntil(() => hers.of(missionId).some((event) => event.event_type === 'input_requested'), {
      what: 'the question on the stream',
    });
    await ada.respond(request.id, { selected_option: 'no' });
    await isActiveAgain(api, missionId);
    await waitUntil(() => endsOf(hers.of(missionId), request.id).length > 0, {
      what: 'the answer on the stream',
    });
    const history = await historyOf(api, missionId);
    await waitUntil(() => hers.of(missionId).length === history.length, { what: 'the whole history' });
    expect(entriesOf(hers, missionId)).to.deep.equal(history);

    const last = history.find((entry) => entry.event_type === 'input_requested')?.id ?? '';
    hers.close();
    const missed = await waitingForAda(api);
    await ada.respond(missed.request.id, { selected_option: 'yes' });
    await isActiveAgain(api, missed.missionId);
    const later = await look('ada', last);
    const all = await historyOf(api, missed.missionId);
    await waitUntil(() => later.of(missed.missionId).length === all.length, {
      what: 'what was missed',
    });
    expect(entriesOf(later, missed.missionId)).to.deep.equal(all);
    // The stream repeats one minute before the id, and each event once: no event after the id is missing.
    const seen = later.of(missionId).map((event) => event.id);
    expect(seen).to.include.members(
      history.slice(history.findIndex((entry) => entry.id === last) + 1).map((entry) => entry.id),
    );
    expect(new Set(seen).size).to.equal(seen.length);

    // The others receive an event of their own mission, and none of hers before it.
    const own = await api.mission({ user_id: 'eve' });
    await waitUntil(() => eves.of(own.id).length > 0, { what: 'a mission of eve' });
    expect([...eves.of(missionId), ...eves.of(missed.missionId), ...elsewhere.of(missionId)]).to.deep.equal([]);
  });
});
