import { setTimeout as pause } from 'node:timers/promises';
import { expect } from 'chai';
import type { Delegation } from '@missions/contracts/approval/delegations.ts';
import type {
  AskedInputRequest,
  Decision,
  InputRequest,
  Response,
} from '@missions/contracts/approval/input-request.ts';
import type { ReceiptKeys } from '@missions/contracts/approval/receipt.ts';
import { Problem } from '@missions/contracts/errors.ts';
import { verifyReceipt } from '@missions/receipts/verify.ts';
import { VirtualClock } from '@missions/runtime/clock.ts';
import { newId } from '@missions/runtime/id.ts';
import {
  refusal,
  type ServiceUnderTest,
  startServiceUnderTest,
} from '@missions/service-kit/testing/service-under-test.ts';
import type { Context } from '../commands/execute-command.ts';
import { approval } from '../service.ts';
import { askedRequest, eventsAbout, inputRequestedEvent } from '../testing/fixtures.ts';
import { usersOf } from '../testing/users.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const action = { type: 'pay', amount: 120 };
const options = ['approve', 'reject'].map((id) => ({ id, label: id }));
const yes = { selected_option: 'approve' };

describe('a delegation', () => {
  const clock = new VirtualClock(new Date('2026-06-01T12:00:00Z'));
  let service: ServiceUnderTest<Context>;
  before(async () => {
    service = await startServiceUnderTest(approval, { clock });
  });
  after(() => service.stop());

  const { as, answer, read, listed } = usersOf(() => service);
  const inMs = (ms: number): string => new Date(clock.now().getTime() + ms).toISOString();
  const put = async (over: Partial<AskedInputRequest> = {}): Promise<AskedInputRequest> => {
    const it = askedRequest(clock.now(), { options, action, ...over });
    await service.handle(inputRequestedEvent(it));
    return it;
  };
  const give = (user: string, to_user_id: string, over: object = {}, more: object = {}) =>
    service.request<Delegation>('add_delegation', { to_user_id, until: inMs(HOUR), ...over }, as(user, more));
  const end = (user: string, id: string, more: object = {}) =>
    service.request('end_delegation', { delegation_id: id }, as(user, more));
  const code = (call: Promise<unknown>): Promise<string> => call.then(() => 'ok', codeOf);
  const latest = async (user: string): Promise<Decision | undefined> =>
    (await service.request<{ items: Decision[] }>('decisions', { limit: 1 }, as(user))).items[0];
  /** People of their own for each test, so that no delegation outlives it. */
  const people = (...names: string[]): string[] => names.map((name) => `${name}-${newId().slice(-6)}`);

  it('shows a question that stands already, has it answered, and records both names', async () => {
    const [ada, dan] = people('ada', 'dan') as [string, string];
    const it = await put({ user_id: ada });
    expect(await code(read(it, dan))).to.equal('INPUT_REQUEST_NOT_FOUND');
    await give(ada, dan);
    expect((await read(it, dan)).status).to.equal('pending');
    expect(await listed(dan, { status: ['pending'] })).to.deep.equal([it.id]);
    const { status, response } = await answer(it, dan);
    const { receipt = '', ...rest } = response as Response;
    expect(status).to.equal('responded');
    expect(rest).to.deep.include({ responded_by: dan, on_behalf_of: ada, via: 'api' });
    const keys = await service.request<ReceiptKeys>('receipt_keys', {});
    const { approved, claims } = await verifyReceipt(receipt, action, keys);
    expect([approved, claims?.responded_by, claims?.on_behalf_of]).to.deep.equal([true, dan, ada]);
    for (const user of [ada, dan])
      expect(await latest(user)).to.deep.include({ request_id: it.id, responded_by: dan, on_behalf_of: ada, receipt });
    const events = await eventsAbout(service.db, it.id);
    expect(events.map(({ type }) => type)).to.deep.equal([
      ...['approval.requested', 'approval.delegated', 'approval.responded'],
    ]);
    expect(events[1]?.data['delegation']).to.include({ user_id: ada, to_user_id: dan });
    expect(events[2]?.data['response']).to.deep.include({ responded_by: dan, on_behalf_of: ada });
  });

  it('is over at once when either side ends it; what was answered stays answered, and readable', async () => {
    const [ada, dan] = people('ada', 'dan') as [string, string];
    for (const ender of [ada, dan]) {
      const [done, open] = [await put({ user_id: ada }), await put({ user_id: ada })];
      const { id } = await give(ada, dan);
      await answer(done, dan);
      await end(ender, id);
      expect(await code(answer(open, dan))).to.equal('INPUT_REQUEST_NOT_FOUND');
      expect(await code(read(open, dan))).to.equal('INPUT_REQUEST_NOT_FOUND');
      expect(await listed(dan)).not.to.include(open.id);
      expect((await read(done, dan)).response?.on_behalf_of).to.equal(ada);
      expect(await code(end(ender, id))).to.equal('NOT_FOUND');
    }
  });

  it('is announced with each question that stands or is asked while it holds, and with each when it ends', async () => {
    const [ada, bea, dan] = people('ada', 'bea', 'dan') as [string, string, string];
    const before = await put({ user_id: ada });
    const powers = [await put({ user_id: ada, context: { proposes: {} } })];
    const { id } = await give(ada, dan);
    const [after, ofBea] = [await put({ user_id: ada }), await put({ user_id: bea, assignees: [ada] })];
    powers.push(await put({ user_id: ada, context: { proposes: {} } }));
    await end(ada, id);
    const untils = async (it: { id: string }): Promise<boolean[]> =>
      (await eventsAbout(service.db, it.id))
        .filter(({ type }) => type === 'approval.delegated')
        .map(({ data }) => data['delegation'].id === id && data['delegation'].until > clock.now().toISOString());
    for (const it of [before, after, ofBea]) expect(await untils(it)).to.deep.equal([true, false]);
    for (const it of powers) expect(await untils(it)).to.deep.equal([]);
  });

  it('holds from its begin to its end, and shows nothing that was over before', async () => {
    const [ada, dan] = people('ada', 'dan') as [string, string];
    const before = await put({ user_id: ada });
    await answer(before, ada);
    const it = await put({ user_id: ada, expires_at: inMs(10 * HOUR) });
    await give(ada, dan, { from: inMs(HOUR), until: inMs(2 * HOUR) });
    expect(await code(answer(it, dan))).to.equal('INPUT_REQUEST_NOT_FOUND');
    expect(await service.request('delegators', {}, as(dan))).to.deep.equal({ user_ids: [] });
    clock.advance(HOUR);
    expect(await listed(dan)).to.deep.equal([it.id]);
    expect(await service.request('delegators', {}, as(dan))).to.deep.equal({ user_ids: [ada] });
    expect(await code(read(before, dan))).to.equal('INPUT_REQUEST_NOT_FOUND');
    clock.advance(HOUR);
    expect(await code(answer(it, dan))).to.equal('INPUT_REQUEST_NOT_FOUND');
    expect(await listed(dan)).to.deep.equal([]);
    expect((await service.request('delegations', {}, as(ada)))['delegations']).to.deep.equal([]);
  });

  it('is of its customer and its two sides alone', async () => {
    const [ada, dan, eve] = people('ada', 'dan', 'eve') as [string, string, string];
    const it = await put({ user_id: ada });
    const given = await give(ada, dan);
    for (const user of [ada, dan])
      expect((await service.request('delegations', {}, as(user)))['delegations']).to.deep.equal([given]);
    expect((await service.request('delegations', {}, as(eve)))['delegations']).to.deep.equal([]);
    const elsewhere = { customer_id: 'umbrella' };
    expect((await service.request('delegations', {}, as(ada, elsewhere)))['delegations']).to.deep.equal([]);
    expect(await code(end(eve, given.id))).to.equal('NOT_FOUND');
    expect(await code(end(ada, given.id, elsewhere))).to.equal('NOT_FOUND');
    expect(await code(answer(it, dan, yes, elsewhere))).to.equal('INPUT_REQUEST_NOT_FOUND');
    await give(ada, eve, {}, elsewhere);
    expect(await code(answer(it, eve))).to.equal('INPUT_REQUEST_NOT_FOUND');
    expect(await service.request('delegators', {}, as(eve))).to.deep.equal({ user_ids: [] });
    expect(await listed(eve)).to.deep.equal([]);
    const told = (await eventsAbout(service.db, it.id)).filter(({ type }) => type === 'approval.delegated');
    expect(told.map(({ data }) => data['delegation'].id)).to.deep.equal([given.id]);
    await give(dan, eve);
    expect(await code(answer(it, eve))).to.equal('INPUT_REQUEST_NOT_FOUND');
    expect(await code(answer(it, dan))).to.equal('ok');
  });

  it('is given and ended by a person alone, and both are recorded', async () => {
    const [ada, dan] = people('ada', 'dan') as [string, string];
    const { id } = await give(ada, dan);
    for (const kind of ['agent', 'service', 'operator'] as const) {
      expect(await code(give(ada, dan, {}, { kind }))).to.equal('FORBIDDEN');
      expect(await code(end(ada, id, { kind }))).to.equal('FORBIDDEN');
    }
    await end(dan, id);
    const sql = `select user_id, action from audit_entries where target_id = $1 and result = 'done' order by id`;
    const { rows } = await service.db.pool.query(sql, [id]);
    expect(rows).to.deep.equal([
      { user_id: ada, action: 'delegation.made' },
      { user_id: dan, action: 'delegation.ended' },
    ]);
  });

  for (const [says, over, path] of [
    ['to oneself', { to_user_id: 'self' }, '/to_user_id'],
    ['that is over', { until: '2020-01-01T00:00:00Z' }, '/until'],
    ['that ends before it begins', { from: '2027-01-02T00:00:00Z', until: '2027-01-01T00:00:00Z' }, '/until'],
    ['of more than a year', { until: '2028-01-01T00:00:00Z' }, '/until'],
    ['to nobody', { to_user_id: '' }, '/to_user_id'],
  ] as const)
    it(`${says} is refused`, async () => {
      const { members } = await refusal(give('self', 'dan', over));
      expect(members.errors?.[0]?.path.replace(/^to_/, '/to_')).to.equal(path);
    });

  it('is one of at most fifty, however many are given at once', async () => {
    const [ada] = people('ada') as [string];
    const codes = await Promise.all(Array.from({ length: 60 }, (_, n) => code(give(ada, `dan-${n}`))));
    expect(codes.filter((one) => one === 'ok')).to.have.lengthOf(50);
    expect(new Set(codes)).to.deep.equal(new Set(['ok', 'VALIDATION_FAILED']));
  });

  it('leaves what cannot be undone to a delegate who has signed in themselves', async () => {
    const [ada, dan] = people('ada', 'dan') as [string, string];
    const it = await put({ user_id: ada, irreversible: true });
    await give(ada, dan);
    const signed = (minutes: number) => ({ signed_in: { by: 'session', at: inMs(-minutes * MINUTE) } });
    const confirmed = { ...yes, confirmed: true };
    expect(await code(answer(it, dan, yes, signed(1)))).to.equal('CONFIRMATION_REQUIRED');
    expect(await code(answer(it, dan, confirmed, signed(20)))).to.equal('SIGN_IN_REQUIRED');
    expect(await code(answer(it, dan, confirmed, signed(1)))).to.equal('ok');
  });

  it('counts a rule of its user as that user, beside whom a delegate counts no more', async () => {
    const [ada, dan] = people('ada', 'dan') as [string, string];
    await service.request('add_rule', { match: { action_type: 'pay' }, option: 'approve' }, as(ada));
    await give(ada, dan);
    const it = await put({ user_id: ada, assignees: ['bea'], quorum: 2 });
    const { status, approvals = [] } = await read(it, 'bea');
    expect([status, approvals.map(({ user_id }) => user_id)]).to.deep.equal(['pending', [ada]]);
    expect(approvals[0]?.via).to.match(/^rule:/);
    for (const user of [ada, dan]) expect(await code(answer(it, user))).to.equal('ALREADY_RESPONDED');
    const { response } = await answer(it, 'bea');
    expect(response?.approved_by?.map(({ user_id }) => user_id)).to.deep.equal([ada, 'bea']);
  });
});

describe('two hundred who answer at once, some of them for others, beside a rule', () => {
  let service: ServiceUnderTest<Context>;
  before(async () => {
    service = await startServiceUnderTest(approval);
  });
  after(() => service.stop());

  const as = (user_id: string) => ({ caller: { user_id } });
  const callers = ['dan', 'ada', 'eve', 'bea', 'cem'];
  for (const quorum of [1, 2, 3])
    it(`count as ${quorum} different people, none twice and none beside their delegate`, async () => {
      const until = new Date(Date.now() + HOUR).toISOString();
      await service.request('add_delegation', { to_user_id: 'dan', until }, as('ada'));
      await service.request('add_delegation', { to_user_id: 'eve', until }, as('bea'));
      const isByRule = quorum === 2;
      if (isByRule) await service.request('add_rule', { match: { action_type: 'pay' }, option: 'approve' }, as('ada'));
      const it = askedRequest(new Date(), { options, action, assignees: ['bea', 'cem'], quorum });
      const respond = (user_id: string) =>
        service.request('respond', { request_id: it.id, answer: yes }, as(user_id)).then(() => user_id, codeOf);
      const asking = service.handle(inputRequestedEvent(it));
      const answers = Array.from({ length: 200 }, (_, n) => respond(callers[n % callers.length] as string));
      await asking;
      const codes = await Promise.all(answers);
      // Whoever came before the question was known.
      for (const user_id of callers) codes.push(await respond(user_id));
      const { response } = await service.request<InputRequest>('get', { request_id: it.id });
      const counted = response?.approved_by ?? [
        { user_id: response?.responded_by, on_behalf_of: response?.on_behalf_of },
      ];
      const [pressed, places] = [
        counted.map(({ user_id }) => user_id),
        counted.map(({ user_id, on_behalf_of }) => on_behalf_of ?? user_id),
      ];
      expect(counted).to.have.lengthOf(quorum);
      expect(new Set(pressed).size, JSON.stringify(counted)).to.equal(quorum);
      expect(new Set(places).size, JSON.stringify(counted)).to.equal(quorum);
      expect(['ada', 'bea', 'cem']).to.include.members(places);
      if (isByRule) expect([places[0], response?.approved_by?.[0]?.via.slice(0, 5)]).to.deep.equal(['ada', 'rule:']);
      expect(codes.filter((one) => callers.includes(one))).to.have.members(isByRule ? pressed.slice(1) : pressed);
      const outcomes = (await eventsAbout(service.db, it.id)).filter(({ type }) => type === 'approval.responded');
      expect(outcomes).to.have.lengthOf(1);
      for (const table of ['delegation', 'approval_rule']) await service.db.pool.query(`delete from ${table}`);
    });
});

describe('an answer by a delegation that is being ended', () => {
  let service: ServiceUnderTest<Context>;
  before(async () => {
    service = await startServiceUnderTest(approval);
  });
  after(() => service.stop());

  it('is refused once the end is acknowledged, also where it was begun before', async () => {
    const it = askedRequest(new Date(), { options, action });
    await service.handle(inputRequestedEvent(it));
    const until = new Date(Date.now() + HOUR).toISOString();
    const delegation = { to_user_id: 'dan', until };
    const { id } = await service.request<Delegation>('add_delegation', delegation, { caller: { user_id: 'ada' } });
    const other = await service.db.pool.connect();
    await other.query('begin');
    await other.query('delete from delegation where id = $1', [id]);
    const answered = service
      .request('respond', { request_id: it.id, answer: yes }, { caller: { user_id: 'dan' } })
      .then(() => 'ok', codeOf);
    const waits = 'select 1 from pg_locks where not granted';
    while ((await service.db.pool.query(waits)).rows.length === 0) await pause(1);
    await other.query('commit');
    other.release();
    expect(await answered).to.equal('INPUT_REQUEST_NOT_FOUND');
    const { status } = await service.request<InputRequest>('get', { request_id: it.id });
    expect(status).to.equal('pending');
  });
});

function codeOf(error: unknown): string {
  if (error instanceof Problem) return error.code;
  throw error;
}
