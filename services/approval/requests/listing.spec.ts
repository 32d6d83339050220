import type { AskedInputRequest, InputRequest } from '@missions/contracts/approval/input-request.ts';
import { newId } from '@missions/runtime/id.ts';
import { VirtualClock } from '@missions/runtime/clock.ts';
import { expect } from 'chai';
import {
  refusal,
  type ServiceUnderTest,
  startServiceUnderTest,
} from '@missions/service-kit/testing/service-under-test.ts';
import type { Context } from '../commands/execute-command.ts';
import { approval } from '../service.ts';
import { inputRequestedEvent, askedRequest, unblockedEvent } from '../testing/fixtures.ts';

describe('the list of input requests', () => {
  const clock = new VirtualClock(new Date('2026-06-01T12:00:00Z'));
  const mission_id = newId();
  let service: ServiceUnderTest<Context>;
  const put = async (over: Partial<AskedInputRequest>): Promise<string> => {
    clock.advance(1_000);
    const it = askedRequest(clock.now(), { prompt: 'x', mission_id, ...over });
    await service.handle(inputRequestedEvent(it));
    return it.id;
  };
  let [low, old, urgent, young, answered, cancelled, elsewhere] = ['', '', '', '', '', '', ''];
  before(async () => {
    service = await startServiceUnderTest(approval, { clock });
    urgent = await put({ urgency: 'high' });
    old = await put({});
    low = await put({ urgency: 'low' });
    answered = await put({ urgency: 'high' });
    await service.request('respond', { request_id: answered, answer: { selected_option: 'yes' } });
    young = await put({});
    elsewhere = await put({ mission_id: newId() });
    const it = askedRequest(clock.now(), { mission_id });
    cancelled = it.id;
    await service.handle(inputRequestedEvent(it), unblockedEvent(it));
    await put({ user_id: 'bob' });
    await put({ customer_id: 'other' });
  });
  after(() => service.stop());

  const list = async (filter: object = {}, caller = {}) => {
    const { input_requests, next_cursor } = await service.request<{
      input_requests: InputRequest[];
      next_cursor: string | null;
    }>('list', filter, { caller });
    return { ids: input_requests.map((it) => it.id), input_requests, next_cursor };
  };

  it('shows a user the most urgent first, then the newest', async () => {
    const { ids, input_requests, next_cursor } = await list();
    expect(ids).to.deep.equal([answered, urgent, cancelled, elsewhere, young, old, low]);
    expect(next_cursor).to.equal(null);
    expect(input_requests[1]).to.deep.equal(await service.request('get', { request_id: urgent }));
  });

  it('of a mission says how many follow a page', async () => {
    const page = (filter: object) =>
      service.request<{ input_requests: unknown[]; omitted?: number }>('list', { mission_id, ...filter });
    const all = (await page({})).input_requests.length;
    expect(await page({})).not.to.have.property('omitted');
    expect((await page({ limit: 2 })).omitted).to.equal(all - 2);
    expect((await page({ limit: 2, status: ['pending'] })).omitted).to.equal(2);
    expect(await service.request('list', { limit: 2 })).not.to.have.property('omitted');
  });

  it('of large questions is paged so that a page fits into a message', async () => {
    const about = newId();
    const context = { text: 'é'.repeat(200_000) };
    for (let index = 0; index < 25; index += 1) await put({ mission_id: about, user_id: 'carol', context });
    const page = (filter: object) =>
      service.request<{ input_requests: unknown[]; omitted: number; next_cursor: string | null }>(
        'list',
        { mission_id: about, ...filter },
        { caller: { user_id: 'carol' } },
      );
    const first = await page({ limit: 100 });
    expect(Buffer.byteLength(JSON.stringify(first))).to.be.below(8 * 1024 * 1024);
    expect(first.input_requests.length + first.omitted).to.equal(25);
    expect((await page({ cursor: first.next_cursor })).input_requests).to.have.length(first.omitted);
  });

  it('is filtered by status and mission', async () => {
    expect((await list({ status: ['pending'] })).ids).to.deep.equal([urgent, elsewhere, young, old, low]);
    expect((await list({ status: ['responded', 'cancelled'] })).ids).to.deep.equal([answered, cancelled]);
    expect((await list({ status: ['pending'], mission_id })).ids).to.deep.equal([urgent, young, old, low]);
    expect((await list({ mission_id: newId() })).ids).to.deep.equal([]);
  });

  it("shows a caller without a user one mission's requests, and never all of a customer's", async () => {
    const backend = { kind: 'service', user_id: null };
    expect((await list({ mission_id, status: ['pending'] }, backend)).ids)
      .to.have.lengthOf(5)
      .and.to.include.members([urgent, young, old, low]);
    expect((await refusal(list({}, backend))).code).to.equal('VALIDATION_FAILED');
    expect((await list({ mission_id }, { ...backend, customer_id: 'third' })).ids).to.deep.equal([]);
    expect((await list({}, { user_id: 'eve' })).ids).to.deep.equal([]);
  });

  it('pages without gaps or repetitions while new requests arrive', async () => {
    for (const filter of [{}, { status: ['pending'] }]) {
      const whole = (await list(filter)).ids;
      const paged: string[] = [];
      for (let cursor: string | undefined; ;) {
        const page = await list({ ...filter, limit: 2, ...(cursor && { cursor }) });
        paged.push(...page.ids);
        if (page.next_cursor === null) break;
        // More urgent and newer than the page, so it sorts before the page.
        await put({ urgency: 'high' });
        cursor = page.next_cursor;
      }
      expect(paged).to.deep.equal(whole);
    }
  });

  it('refuses cursors that it did not issue', async () => {
    const forged = [
      [0],
      ['2', '2026-06-01T12:00:00.000Z', low],
      [2, 'tomorrow', low],
      [2, '2026-06-01T12:00:00.000Z', 'x'],
      null,
    ].map((it) => Buffer.from(JSON.stringify(it)).toString('base64url'));
    for (const cursor of [...forged, 'x', 'bnVs!'])
      expect((await refusal(list({ cursor }))).code, cursor).to.equal('VALIDATION_FAILED');
  });

  it('reads a request by id for its own user, mission and customer only', async () => {
    const get = (caller: object, more: object = {}) =>
      service.request<InputRequest>('get', { request_id: urgent, ...more }, { caller });
    expect((await get({ kind: 'service', user_id: null })).id).to.equal(urgent);
    expect((await get({ kind: 'agent' }, { mission_id: mission_id.toUpperCase() })).id).to.equal(urgent);
    const strangers: [object, object?][] = [
      [{ user_id: 'bob' }],
      [{ customer_id: 'other', user_id: null }],
      [{}, { mission_id: newId() }],
      [{}, { request_id: newId() }],
    ];
    for (const [caller, more] of strangers)
      expect((await refusal(get(caller, more))).code).to.equal('INPUT_REQUEST_NOT_FOUND');
  });

  it('reads pending requests through their partial index', async () => {
    await service.db.pool.query('set enable_seqscan = off');
    const { rows } = await service.db.pool.query(
      `explain select * from input_request r where r.customer_id = 'acme' and r.prompt is not null and r.user_id = 'ada' and r.status = 'pending'
       order by r.urgency_rank desc, r.created_at desc, r.id desc limit 50`,
    );
    const plan = rows.map((row) => row['QUERY PLAN']).join('\n');
    expect(plan).to.contain('Index Scan Backward using input_request_pending').and.not.to.contain('Sort');
  });
});
