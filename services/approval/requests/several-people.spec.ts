import { expect } from 'chai';
import type { Action } from '@missions/contracts/approval/action.ts';
import type { AskedInputRequest, InputRequest, Response } from '@missions/contracts/approval/input-request.ts';
import type { ReceiptKeys } from '@missions/contracts/approval/receipt.ts';
import { Problem } from '@missions/contracts/errors.ts';
import { verifyReceipt } from '@missions/receipts/verify.ts';
import { VirtualClock } from '@missions/runtime/clock.ts';
import {
  refusal,
  type ServiceUnderTest,
  startServiceUnderTest,
} from '@missions/service-kit/testing/service-under-test.ts';
import type { Context } from '../commands/execute-command.ts';
import { approval } from '../service.ts';
import { askedRequest, eventsAbout, inputRequestedEvent, timerFiredEvent } from '../testing/fixtures.ts';
import { usersOf } from '../testing/users.ts';

const MINUTE = 60_000;
const action: Action = { type: 'pay', amount: 120 };
const edits = { type: 'object', properties: { amount: { type: 'number', maximum: 200 } } } as const;
const options = [
  { id: 'approve', label: 'Approve' },
  { id: 'reject', label: 'Reject' },
];
const yes = { selected_option: 'approve' };
const no = { selected_option: 'reject' };

describe('a question to several people', () => {
  const clock = new VirtualClock(new Date('2026-06-01T12:00:00Z'));
  let service: ServiceUnderTest<Context>;
  before(async () => {
    service = await startServiceUnderTest(approval, { clock });
  });
  after(() => service.stop());

  const put = async (over: Partial<AskedInputRequest> = {}): Promise<AskedInputRequest> => {
    const it = askedRequest(clock.now(), {
      ...{ options, action, edits, assignees: ['bea', 'cem'], quorum: 2, escalate_to: 'dan' },
      escalate_at: new Date(clock.now().getTime() + 50 * MINUTE).toISOString(),
      ...over,
    });
    await service.handle(inputRequestedEvent(it));
    return it;
  };
  const { as, answer, read, listed } = usersOf(() => service);
  const keys = () => service.request<ReceiptKeys>('receipt_keys', {});
  const outcomes = async (it: { id: string }) =>
    (await eventsAbout(service.db, it.id)).filter(({ type }) => type !== 'approval.requested').map(({ type }) => type);

  it('is seen and listed by its user, its assignees, and nobody else', async () => {
    const it = await put();
    for (const user of ['ada', 'bea', 'cem']) {
      expect((await read(it, user)).assignees).to.deep.equal(['bea', 'cem']);
      expect(await listed(user, { status: ['pending'] })).to.include(it.id);
    }
    for (const user of ['dan', 'eve']) {
      expect((await refusal(read(it, user))).code).to.equal('INPUT_REQUEST_NOT_FOUND');
      expect((await refusal(answer(it, user, yes))).code).to.equal('INPUT_REQUEST_NOT_FOUND');
      expect(await listed(user)).not.to.include(it.id);
    }
    const ofMission = { mission_id: it.mission_id };
    expect(await listed('bea', ofMission)).to.deep.equal([]);
    const path = { request_id: it.id, ...ofMission };
    expect((await refusal(service.request('get', path, as('bea')))).code).to.equal('INPUT_REQUEST_NOT_FOUND');
    expect(
      (await refusal(service.request('get', { request_id: it.id }, as('bea', { customer_id: 'other' })))).code,
    ).to.equal('INPUT_REQUEST_NOT_FOUND');
  });

  it('is listed page by page, those of others among the own', async () => {
    const user = `pages-${clock.now().getTime()}`;
    const all: string[] = [];
    for (let n = 0; n < 6; n++) {
      clock.advance(1000);
      const it = await put(n % 2 === 0 ? { user_id: user, assignees: ['bea'] } : { assignees: [user] });
      all.unshift(it.id);
    }
    const pages: string[] = [];
    let cursor: string | null = null;
    do {
      const page: { input_requests: InputRequest[]; next_cursor: string | null } = await service.request(
        'list',
        { limit: 2, ...(cursor !== null && { cursor }) },
        as(user),
      );
      pages.push(...page.input_requests.map(({ id }) => id));
      cursor = page.next_cursor;
    } while (cursor !== null);
    expect(pages).to.deep.equal(all);
  });

  it('goes on with the last approval that it needs, and has one receipt, which names everybody', async () => {
    const it = await put();
    const first = await answer(it, 'bea', { ...yes, note: 'Fine by me' });
    expect(first).to.include({ status: 'pending', response: null, quorum: 2 });
    const { approvals = [] } = await read(it);
    expect(approvals).to.deep.equal([
      {
        user_id: 'bea',
        selected_option: 'approve',
        via: 'api',
        responded_at: clock.now().toISOString(),
        note: 'Fine by me',
      },
    ]);
    clock.advance(MINUTE);
    const { status, response } = await answer(it, 'ada', yes);
    expect(status).to.equal('responded');
    const { receipt = '', effective_action, approved_by } = response as Response;
    expect(effective_action).to.deep.equal(action);
    expect(approved_by?.map(({ user_id }) => user_id)).to.deep.equal(['bea', 'ada']);
    const { approved, claims } = await verifyReceipt(receipt, action, await keys());
    expect(approved).to.equal(true);
    expect(claims?.approved_by?.map(({ user_id }) => user_id)).to.deep.equal(['bea', 'ada']);
    expect(await outcomes(it)).to.deep.equal(['approval.approved', 'approval.responded']);
    for (const user of ['ada', 'bea']) {
      expect((await service.request('verify', { receipt, action }, as(user))).approved).to.equal(true);
      const { items } = await service.request('decisions', { limit: 1 }, as(user));
      expect(items[0]).to.deep.include({ request_id: it.id, receipt });
    }
    expect((await service.request('verify', { receipt, action }, as('eve'))).approved).to.equal(false);
    const { items } = await service.request('decisions', { limit: 1 }, as('cem'));
    expect(items.map((one: { request_id: string }) => one.request_id)).not.to.include(it.id);
  });

  it('answered by an assignee alone names whose it is', async () => {
    const it = await put({ quorum: 1 });
    const { receipt = '', responded_by } = (await answer(it, 'cem', yes)).response as Response;
    expect(responded_by).to.equal('cem');
    const { claims } = await verifyReceipt(receipt, action, await keys());
    expect(claims).to.include({ responded_by: 'cem', on_behalf_of: 'ada' });
    expect((await service.request('verify', { receipt, action }, as('ada'))).approved).to.equal(true);
    const { items } = await service.request('decisions', { limit: 1 }, as('cem'));
    expect(items[0]).to.deep.include({ request_id: it.id, receipt, effective_action: action });
  });

  it('tells who answers twice, and counts them once', async () => {
    const it = await put({ quorum: 3 });
    await answer(it, 'bea', yes);
    for (const again of [yes, no]) {
      const refused = await refusal(answer(it, 'bea', again));
      expect(refused.code).to.equal('ALREADY_RESPONDED');
      expect(refused.detail).to.contain('3 different people');
    }
    expect((await read(it)).approvals).to.have.lengthOf(1);
  });

  it('answers a repeated call with what the first did', async () => {
    const it = await put();
    const idempotency = { scope: 'acme bea', key: `twice-${it.id}`, hash: 'h' };
    const call = () =>
      service.request<InputRequest>('respond', { request_id: it.id, answer: yes }, { ...as('bea'), idempotency });
    const { outcome, ...first } = (await call()) as InputRequest & { outcome?: unknown };
    expect(outcome).to.be.an('object');
    expect(await call()).to.deep.equal(first);
    expect((await read(it)).approvals).to.have.lengthOf(1);
  });

  it('ends with one refusal, without a receipt', async () => {
    const it = await put({ quorum: 3 });
    await answer(it, 'ada', yes);
    const { status, response } = await answer(it, 'cem', { ...no, note: 'Too dear' });
    expect(status).to.equal('responded');
    expect(response).to.deep.equal({
      ...{ selected_option: 'reject', freeform_text: null, responded_by: 'cem', via: 'api', note: 'Too dear' },
    });
    expect((await refusal(answer(it, 'bea', yes))).code).to.equal('ALREADY_RESPONDED');
    const { items } = await service.request('decisions', { limit: 1 }, as('ada'));
    expect(items[0].request_id).to.equal(it.id);
    expect(items[0]).not.to.have.any.keys('receipt', 'effective_action');
  });

  it('is approved as one and the same by everybody', async () => {
    const it = await put();
    await answer(it, 'bea', { ...yes, edits: { amount: 99 } });
    const other = await refusal(answer(it, 'ada', yes));
    expect(other.members.errors?.[0]?.path).to.equal('/edits');
    expect(other.detail).to.contain('{"amount":99}');
    const { response } = await answer(it, 'ada', { ...yes, edits: { amount: 99 } });
    expect(response?.effective_action).to.deep.equal({ ...action, amount: 99 });
    const days = ['tue', 'wed', 'no'].map((id) => ({ id, label: id }));
    const plain = await put({ options: days, action: null, edits: null });
    await answer(plain, 'bea', { selected_option: 'tue' });
    const wed = await refusal(answer(plain, 'ada', { selected_option: 'wed' }));
    expect(wed.members.errors?.[0]?.path).to.equal('/selected_option');
    expect((await answer(plain, 'ada', { selected_option: 'tue' })).status).to.equal('responded');
  });

  it('that cannot be undone is confirmed by each', async () => {
    const it = await put({ irreversible: true });
    const recent = { signed_in: { by: 'session', at: clock.now().toISOString() } };
    const old = { signed_in: { by: 'session', at: new Date(clock.now().getTime() - 20 * MINUTE).toISOString() } };
    const confirmed = { ...yes, confirmed: true };
    for (const user of ['ada', 'bea']) {
      expect((await refusal(answer(it, user, yes, recent))).code).to.equal('CONFIRMATION_REQUIRED');
      expect((await refusal(answer(it, user, confirmed, old))).code).to.equal('SIGN_IN_REQUIRED');
      await answer(it, user, confirmed, recent);
    }
    expect((await read(it)).response?.receipt).to.be.a('string');
  });

  for (const default_option of [null, 'reject', 'approve'])
    it(`without enough approvals ends as if nobody had answered${default_option === null ? '' : `, and takes ${default_option}`}`, async () => {
      const it = await put({ default_option });
      await answer(it, 'ada', yes);
      clock.set(new Date(it.expires_at));
      await service.handle(timerFiredEvent(it, 'expire'));
      const { status, response, approvals } = await read(it);
      expect(status).to.equal(default_option === null ? 'expired' : 'responded');
      expect(response).to.deep.equal(
        default_option && { selected_option: default_option, freeform_text: null, responded_by: null, via: 'timeout' },
      );
      expect(approvals).to.have.lengthOf(1);
      expect((await refusal(answer(it, 'bea', yes))).code).to.equal('REQUEST_EXPIRED');
    });

  it('is seen and answered by whom it is escalated to, from then on', async () => {
    const it = await put({ quorum: 1 });
    clock.set(new Date(it.escalate_at as string));
    expect((await read(it, 'dan')).status).to.equal('pending');
    expect(await listed('dan')).to.include(it.id);
    const { response } = await answer(it, 'dan', yes);
    expect(response).to.include({ responded_by: 'dan' });
  });

  it('of an erased mission leaves nothing of anybody', async () => {
    const it = await put();
    await answer(it, 'bea', yes);
    const about = { customer_id: 'acme', user_id: 'ada', mission_id: it.mission_id, version: 9, index: 0 };
    const erased = { ...inputRequestedEvent(it), ...about, type: 'mission.erased', data: about };
    await service.handle(erased);
    for (const table of ['input_request', 'input_person', 'input_answer']) {
      const { rows } = await service.db.pool.query(`select 1 from ${table} where mission_id = $1`, [it.mission_id]);
      expect(rows, table).to.deep.equal([]);
    }
  });

  describe('whatever they answer', () => {
    const random = seeded(20261129);
    for (let n = 0; n < 25; n++) {
      const people = ['ada', 'bea', 'cem', 'dan'];
      const quorum = 1 + Math.floor(random() * 3);
      const said = Array.from({ length: 1 + Math.floor(random() * 6) }, () => ({
        user: people[Math.floor(random() * people.length)] as string,
        given: random() < 0.8 ? yes : no,
      }));
      const words = said.map(({ user, given }) => `${user} ${given === yes ? 'yes' : 'no'}`).join(', ');
      it(`has a receipt exactly when ${quorum} of them approve before anybody refuses: ${words}`, async () => {
        const it = await put({ quorum, escalate_at: clock.now().toISOString() });
        const approved = new Set<string>();
        let end: 'approved' | 'refused' | 'open' = 'open';
        for (const { user, given } of said) {
          const isHeard = end === 'open' && !approved.has(user);
          const code = await answer(it, user, given).then(() => 'ok', codeOf);
          expect(code).to.equal(isHeard ? 'ok' : 'ALREADY_RESPONDED');
          if (!isHeard) continue;
          if (given === no) end = 'refused';
          else if (approved.add(user).size >= quorum) end = 'approved';
          const { status, response } = await read(it);
          expect(status).to.equal(end === 'open' ? 'pending' : 'responded');
          expect(response?.receipt === undefined).to.equal(end !== 'approved');
        }
        if (end !== 'approved') return;
        const { receipt = '' } = (await read(it)).response as Response;
        const { claims } = await verifyReceipt(receipt, action, await keys());
        const names = quorum > 1 ? claims?.approved_by?.map(({ user_id }) => user_id) : [claims?.responded_by];
        expect(names).to.deep.equal([...approved]);
      });
    }
  });
});

describe('two hundred who answer one question at once', () => {
  let service: ServiceUnderTest<Context>;
  before(async () => {
    service = await startServiceUnderTest(approval);
  });
  after(() => service.stop());

  const people = ['ada', 'bea', 'cem', 'dan'];
  for (const [quorum, refuser] of [[1], [2], [3], [4], [3, 'cem']] as [number, string?][])
    it(`count as ${quorum} different people, with one outcome${refuser ? `, or end with the refusal of ${refuser}` : ''}`, async () => {
      const now = new Date();
      const it = askedRequest(now, {
        ...{ options, action, assignees: ['bea', 'cem'], quorum: Math.min(quorum, 3), escalate_to: 'dan' },
        escalate_at: now.toISOString(),
      });
      // The one who is told late may be the fourth.
      await service.handle(inputRequestedEvent({ ...it, quorum }));
      const codes = await Promise.all(
        Array.from({ length: 200 }, (_, n) => {
          const user_id = people[n % 4] as string;
          const given = user_id === refuser ? no : yes;
          return service
            .request('respond', { request_id: it.id, answer: given }, { caller: { user_id } })
            .then(() => user_id, codeOf);
        }),
      );
      const heard = codes.filter((code) => people.includes(code));
      const others = codes.filter((code) => !people.includes(code));
      expect(new Set(others)).to.deep.equal(new Set(['ALREADY_RESPONDED']));
      expect(new Set(heard).size).to.equal(heard.length);
      const events = (await eventsAbout(service.db, it.id)).filter(({ version }) => version > 1);
      expect(events.map(({ type }) => type)).to.deep.equal([
        ...Array.from({ length: heard.length - 1 }, () => 'approval.approved'),
        'approval.responded',
      ]);
      const { response } = await service.request<InputRequest>('get', { request_id: it.id });
      const isRefused = response?.selected_option === 'reject';
      if (!refuser) expect(isRefused).to.equal(false);
      if (!isRefused) expect(heard).to.have.lengthOf(quorum);
      expect(response?.receipt === undefined).to.equal(isRefused);
      if (quorum > 1 && !isRefused) expect(response?.approved_by?.map(({ user_id }) => user_id)).to.have.members(heard);
      const { rows } = await service.db.pool.query('select user_id from input_answer where request_id = $1', [it.id]);
      if (quorum > 1) expect(rows.map(({ user_id }) => user_id)).to.have.members(heard);
    });
});

function codeOf(error: unknown): string {
  if (error instanceof Problem) return error.code;
  throw error;
}

/** The same sequence each time (mulberry32). */
function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}
