import { expect } from 'chai';
import type { AskedInputRequest, InputRequest } from '@missions/contracts/approval/input-request.ts';
import type { ReceiptKeys } from '@missions/contracts/approval/receipt.ts';
import type { ApprovalRule } from '@missions/contracts/approval/rules.ts';
import { autocommit } from '@missions/persistence/transaction.ts';
import { verifyReceipt } from '@missions/receipts/verify.ts';
import { VirtualClock } from '@missions/runtime/clock.ts';
import {
  refusal,
  type ServiceUnderTest,
  startServiceUnderTest,
} from '@missions/service-kit/testing/service-under-test.ts';
import type { Context } from '../commands/execute-command.ts';
import { approval } from '../service.ts';
import { retireKeys } from '../store/receipt-keys.ts';
import { askedRequest, eventsAbout, inputRequestedEvent, unblockedEvent } from '../testing/fixtures.ts';

const HOUR = 3_600_000;
const action = { type: 'pay', amount: 20, to: 'Hotel Adler' };
const options = ['approve', 'reject'].map((id) => ({ id, label: id }));

describe('a rule of a user', function () {
  this.timeout(60_000);
  const clock = new VirtualClock(new Date('2026-06-01T12:00:00Z'));
  let service: ServiceUnderTest<Context>;
  before(async () => {
    service = await startServiceUnderTest(approval, { clock });
  });
  after(() => service.stop());

  const as = (user_id: string, over: object = {}) => ({ caller: { user_id, ...over } });
  const make = (user: string, over: object = {}) =>
    service.request<ApprovalRule>(
      'add_rule',
      { match: { action_type: 'pay', max: { amount: 50 } }, option: 'approve', ...over },
      as(user),
    );
  const question = (user_id: string, over: Partial<AskedInputRequest> = {}) =>
    askedRequest(clock.now(), { user_id, options, action, agent_id: 'worker', ...over });
  const ask = async (user: string, over: Partial<AskedInputRequest> = {}): Promise<InputRequest> =>
    service.request('ensure', question(user, over), as(user));

  it('answers a question when it is asked, with a receipt that names it, and stands in the history', async () => {
    const rule = await make('ada');
    expect(rule).to.deep.include({ until: null, max_uses_per_day: null, enabled: true, uses: 0, last_used_at: null });
    const { outcome, ...asked } = (await ask('ada')) as InputRequest & { outcome?: { event: { type: string } } };
    const { receipt = '', ...response } = asked.response ?? { receipt: '' };
    expect(response).to.deep.equal({
      ...{ selected_option: 'approve', freeform_text: null, responded_by: 'ada', via: `rule:${rule.id}` },
      effective_action: action,
    });
    expect(outcome?.event.type).to.equal('approval.responded');
    const { approved, claims } = await verifyReceipt(
      receipt,
      action,
      await service.request<ReceiptKeys>('receipt_keys', {}),
    );
    expect([approved, claims?.via, claims?.responded_by]).to.deep.equal([true, `rule:${rule.id}`, 'ada']);
    const events = await eventsAbout(service.db, asked.id);
    expect(events.map(({ type, version }) => [type, version])).to.deep.equal([
      ['approval.requested', 1],
      ['approval.responded', 2],
    ]);
    expect((await service.request('decisions', { limit: 1 }, as('ada')))['items'][0]).to.deep.include({
      ...{ request_id: asked.id, via: `rule:${rule.id}`, receipt },
    });
    expect(await service.request<ApprovalRule>('rule', { rule_id: rule.id }, as('ada'))).to.deep.include({
      ...{ uses: 1, uses_today: 1, last_used_at: asked.responded_at },
    });
    const { rows } = await service.db.pool.query(
      'select actor, user_id, action, result from audit_entries where target_id = $1',
      [asked.id],
    );
    expect(rows).to.deep.equal([
      { actor: 'product', user_id: 'ada', action: 'input_request.responded', result: 'done' },
    ]);
  });

  it('answers what comes by the event, and leaves what it does not match, or is over already', async () => {
    await make('ben');
    const [one, dear, over] = [
      question('ben'),
      question('ben', { action: { ...action, amount: 51 } }),
      question('ben'),
    ];
    await service.handle(inputRequestedEvent(one), inputRequestedEvent(dear));
    await service.handle(unblockedEvent(over), inputRequestedEvent(over));
    const statusOf = async ({ id }: { id: string }) =>
      (await service.request<InputRequest>('get', { request_id: id }, as('ben'))).status;
    expect(await Promise.all([one, dear, over].map(statusOf))).to.deep.equal(['responded', 'pending', 'cancelled']);
  });

  it('is of its user and customer alone', async () => {
    const { id } = await make('cleo');
    expect((await ask('dan')).status).to.equal('pending');
    const elsewhere = question('cleo', { customer_id: 'umbrella' });
    expect((await service.request('ensure', elsewhere, as('cleo', { customer_id: 'umbrella' })))['status']).to.equal(
      'pending',
    );
    for (const caller of [as('dan'), as('cleo', { customer_id: 'umbrella' })])
      for (const [verb, input] of Object.entries({
        rule: {},
        change_rule: { patch: { enabled: false } },
        remove_rule: {},
      }))
        expect((await refusal(service.request(verb, { rule_id: id, ...input }, caller))).code).to.equal('NOT_FOUND');
    expect((await service.request('rules', {}, as('dan')))['approval_rules']).to.deep.equal([]);
    expect((await ask('cleo')).status).to.equal('responded');
  });

  it('is made, changed and removed by a person alone', async () => {
    const { id } = await make('eli');
    for (const kind of ['agent', 'service', 'operator'] as const)
      for (const [verb, input] of Object.entries({
        add_rule: { match: { agent_id: 'worker' }, option: 'approve' },
        change_rule: { rule_id: id, patch: { option: 'reject' } },
        remove_rule: { rule_id: id },
        move_rules: { time_zone: 'UTC' },
      }))
        expect((await refusal(service.request(verb, input, as('eli', { kind })))).code).to.equal('FORBIDDEN');
    expect((await service.request('rules', {}, as('eli')))['approval_rules']).to.have.length(1);
  });

  it('is switched off at once, and holds again when it is switched on', async () => {
    const { id } = await make('fay');
    const set = (patch: object) => service.request<ApprovalRule>('change_rule', { rule_id: id, patch }, as('fay'));
    const answered = async () => (await ask('fay')).status;
    expect(await answered()).to.equal('responded');
    expect(await set({ enabled: false })).to.include({ enabled: false, option: 'approve' });
    expect(await answered()).to.equal('pending');
    await set({ enabled: true, until: new Date(clock.now().getTime() + HOUR).toISOString() });
    expect(await answered()).to.equal('responded');
    clock.advance(HOUR);
    expect(await answered()).to.equal('pending');
    expect(await set({ until: null, option: 'other' })).to.include({ until: null });
    expect(await answered()).to.equal('pending');
    await service.request('remove_rule', { rule_id: id }, as('fay'));
    expect((await service.request('rules', {}, as('fay')))['approval_rules']).to.deep.equal([]);
  });

  for (const [what, body, path] of [
    ['that matches everything', { match: {} }, '/match'],
    ['with bounds of nothing', { match: { max: {} } }, '/match/max'],
    ['that allows nothing', { match: { allowed: { to: [] } } }, '/match/allowed/to'],
    ['of a field that it does not know', { match: { amount: 5 } }, '/match'],
    ['that has ended', { until: '2020-01-01T00:00:00Z' }, '/until'],
    ['that may never be used', { max_uses_per_day: 0 }, '/max_uses_per_day'],
  ] as const)
    it(`${what} is refused`, async () => {
      const { code, members } = await refusal(make('gil', body));
      expect([code, members.errors?.[0]?.path]).to.satisfy(
        ([is, at]: [string, string]) => is === 'VALIDATION_FAILED' && at.startsWith(path),
      );
    });

  it('refuses too, without a receipt', async () => {
    await make('hal');
    await make('hal', { option: 'reject', match: { allowed: { to: ['Hotel Adler'] } } });
    const { response } = await ask('hal');
    expect(response?.selected_option).to.equal('reject');
    expect(response).not.to.have.property('receipt');
  });

  it('answers as often as it may on a day, and no more, when 200 questions come at once', async () => {
    const { id } = await make('ida', { max_uses_per_day: 37 });
    // The key of receipts is made by whoever needs it first: all of them hold a connection.
    await retireKeys(autocommit(service.db));
    const asked = await Promise.all(
      Array.from({ length: 200 }, async (_, index) => {
        const one = question('ida');
        if (index % 2 === 0) await service.handle(inputRequestedEvent(one));
        else await service.request('ensure', one, as('ida'));
        return await service.request<InputRequest>('get', { request_id: one.id }, as('ida'));
      }),
    );
    expect(asked.filter(({ status }) => status === 'responded')).to.have.length(37);
    expect(asked.filter(({ status }) => status === 'pending')).to.have.length(163);
    expect(await service.request<ApprovalRule>('rule', { rule_id: id }, as('ida'))).to.include({
      ...{ uses: 37, uses_today: 37 },
    });
  });

  it('begins to count anew at midnight where its user lives', async () => {
    const night = new VirtualClock(new Date('2026-06-01T21:58:00Z'));
    const copy = await startServiceUnderTest(approval, { clock: night, databaseUrl: service.databaseUrl });
    const answered = async () =>
      (await copy.request<InputRequest>('ensure', { ...question('jo'), expires_at: '2026-07-01T00:00:00Z' }, as('jo')))
        .status;
    await copy.request('add_rule', { match: { agent_id: 'worker' }, option: 'approve', max_uses_per_day: 1 }, as('jo'));
    await copy.request('move_rules', { time_zone: 'Europe/Berlin' }, as('jo'));
    expect([await answered(), await answered()]).to.deep.equal(['responded', 'pending']);
    night.advance(HOUR / 30);
    expect([await answered(), await answered()]).to.deep.equal(['responded', 'pending']);
    await copy.stop();
  });
});
