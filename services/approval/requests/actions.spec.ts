import { expect } from 'chai';
import type { Action, Edits } from '@missions/contracts/approval/action.ts';
import type { AskedInputRequest, InputRequest, Response } from '@missions/contracts/approval/input-request.ts';
import type { ReceiptKeys, Verdict } from '@missions/contracts/approval/receipt.ts';
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
import { askedRequest, eventsAbout, inputRequestedEvent, timerFiredEvent } from '../testing/fixtures.ts';

const MINUTE = 60_000;
const action: Action = { type: 'pay', amount: 120, to: 'Hotel Adler', iban: 'DE02' };
const edits: Edits = {
  type: 'object',
  properties: { amount: { type: 'number', maximum: 200 }, to: { type: 'string', minLength: 1 } },
};
const options = [
  { id: 'approve', label: 'Approve' },
  { id: 'reject', label: 'Reject' },
];

describe('a question with an action', () => {
  const clock = new VirtualClock(new Date('2026-06-01T12:00:00Z'));
  let service: ServiceUnderTest<Context>;
  before(async () => {
    service = await startServiceUnderTest(approval, { clock });
  });
  after(() => service.stop());

  const put = async (over: Partial<AskedInputRequest> = {}): Promise<AskedInputRequest> => {
    const it = askedRequest(clock.now(), { options, action, edits, ...over });
    await service.handle(inputRequestedEvent(it));
    return it;
  };
  const answer = (it: { id: string }, given: object, caller: object = {}) =>
    service.request<InputRequest>('respond', { request_id: it.id, answer: given }, { caller });
  const responseTo = async (it: { id: string }, given: object): Promise<Response> =>
    (await answer(it, given)).response as Response;
  const keys = () => service.request<ReceiptKeys>('receipt_keys', {});
  const ago = (minutes: number) => ({
    signed_in: { by: 'session', at: new Date(clock.now().getTime() - minutes * MINUTE).toISOString() },
  });

  it('is shown as it was asked', async () => {
    const read = await service.request<InputRequest>('get', { request_id: (await put({ irreversible: true })).id });
    expect(read).to.deep.include({ action, irreversible: true, edits });
    const plain = await service.request<InputRequest>('get', {
      request_id: (await put({ action: null, edits: null })).id,
    });
    expect(plain).to.deep.include({ action: null, irreversible: false, edits: null });
  });

  it('is approved with what the user changed, and a receipt for that and nothing else', async () => {
    const it = await put();
    const response = await responseTo(it, { selected_option: 'approve', note: 'Not more', edits: { amount: 99.5 } });
    const effective_action = { ...action, amount: 99.5 };
    const { receipt = '', ...rest } = response;
    expect(rest).to.deep.equal({
      ...{ selected_option: 'approve', freeform_text: null, responded_by: 'ada', via: 'api' },
      ...{ note: 'Not more', edits: { amount: 99.5 }, effective_action },
    });
    const { approved, claims } = await verifyReceipt(receipt, effective_action, await keys());
    expect(approved).to.equal(true);
    expect(claims).to.deep.include({
      ...{ iss: 'http://127.0.0.1:8003', customer_id: 'acme', mission_id: it.mission_id, task_id: null },
      ...{ request_id: it.id, asked_at: it.created_at, option: 'approve', responded_by: 'ada', via: 'api' },
    });
    expect((await verifyReceipt(receipt, action, await keys())).approved).to.equal(false);
    const responded = (await eventsAbout(service.db, it.id)).find(({ type }) => type === 'approval.responded');
    expect(responded?.data['response']).to.deep.equal(response);
    const { items } = await service.request('decisions', { limit: 1 });
    expect(items[0]).to.deep.include({ receipt, effective_action });
    expect(items[0].answer).to.include({ note: 'Not more' });
  });

  const refusedEdits: [edits: object, path: string, says: string][] = [
    [{ amount: 201 }, '/edits/amount', '<= 200'],
    [{ amount: '20' }, '/edits/amount', 'number'],
    [{ to: '' }, '/edits/to', 'at least 1'],
    [{ iban: 'DE99' }, '/edits/iban', 'known fields are'],
    [{ type: 'transfer' }, '/edits/type', 'known fields'],
    [{ ['__proto__x']: 1 }, '/edits/__proto__x', 'known fields'],
  ];
  for (const [changed, path, says] of refusedEdits)
    it(`refuses to change ${JSON.stringify(changed)}`, async () => {
      const it = await put();
      const refused = await refusal(answer(it, { selected_option: 'approve', edits: changed }));
      expect(refused.code).to.equal('VALIDATION_FAILED');
      expect(refused.members.errors?.[0]?.path).to.equal(path);
      expect(refused.detail).to.contain(says);
      expect((await service.request<InputRequest>('get', { request_id: it.id })).status).to.equal('pending');
    });

  it('takes no changes where none are offered, nor with a refusal', async () => {
    const none = await refusal(
      answer(await put({ edits: null }), { selected_option: 'approve', edits: { amount: 1 } }),
    );
    expect(none.detail).to.contain('nothing of this question can be changed');
    const no = await refusal(answer(await put(), { selected_option: 'reject', edits: { amount: 1 } }));
    expect(no.detail).to.contain('a refusal changes nothing');
  });

  it('has no receipt when it is refused, answered in words alone, or by time', async () => {
    const refused = await responseTo(await put(), { selected_option: 'reject', note: 'Too dear' });
    expect(refused).to.deep.equal({
      ...{ selected_option: 'reject', freeform_text: null, responded_by: 'ada', via: 'api', note: 'Too dear' },
    });
    expect(await responseTo(await put(), { freeform_text: 'approve' })).to.have.keys(
      ...['selected_option', 'freeform_text', 'responded_by', 'via'],
    );
    const silent = await put({ default_option: 'approve' });
    clock.advance(61 * MINUTE);
    await service.handle(timerFiredEvent(silent, 'expire'));
    const { response } = await service.request<InputRequest>('get', { request_id: silent.id });
    expect(response).to.deep.equal({
      ...{ selected_option: 'approve', freeform_text: null, responded_by: null, via: 'timeout' },
    });
    expect(
      await responseTo(await put({ action: null, edits: null }), { selected_option: 'approve' }),
    ).not.to.have.property('receipt');
  });

  it('that is irreversible is approved by a second act of somebody who has just signed in', async () => {
    const it = await put({ irreversible: true });
    const yes = { selected_option: 'approve' };
    expect((await refusal(answer(it, yes, ago(1)))).code).to.equal('CONFIRMATION_REQUIRED');
    expect((await refusal(answer(it, { ...yes, confirmed: false }, ago(1)))).code).to.equal('CONFIRMATION_REQUIRED');
    for (const caller of [ago(15.1), { signed_in: { by: 'token', at: null } }, {}]) {
      const refused = await refusal(answer(it, { ...yes, confirmed: true }, caller));
      expect(refused.code).to.equal('SIGN_IN_REQUIRED');
      expect(refused.detail).to.contain('Sign in again');
    }
    const { response } = await answer(it, { ...yes, confirmed: true }, ago(14.9));
    expect(response?.receipt).to.be.a('string');
  });

  it('that is irreversible is approved for the user of a backend that confirms, and refused without more', async () => {
    const backend = { signed_in: { by: 'backend', at: null } };
    const [one, other] = [await put({ irreversible: true }), await put({ irreversible: true })];
    expect((await refusal(answer(one, { selected_option: 'approve' }, backend))).code).to.equal(
      'CONFIRMATION_REQUIRED',
    );
    await answer(one, { selected_option: 'approve', confirmed: true }, backend);
    const { status } = await answer(other, { selected_option: 'reject' }, ago(600));
    expect(status).to.equal('responded');
  });

  it('keeps its receipts through two rotations', async () => {
    const receipts = [];
    for (let round = 0; round < 3; round++) {
      receipts.push((await responseTo(await put(), { selected_option: 'approve' })).receipt as string);
      expect(await retireKeys(autocommit(service.db))).to.have.length(1);
    }
    const listed = await keys();
    const kids = receipts.map(
      (one) => (JSON.parse(Buffer.from(one.split('.')[0] ?? '', 'base64url').toString()) as { kid: string }).kid,
    );
    expect(new Set(kids)).to.have.length(3);
    expect(listed.keys.map(({ kid }) => kid)).to.include.members(kids);
    expect(JSON.stringify(listed)).not.to.contain('"d"');
    for (const receipt of receipts) expect((await verifyReceipt(receipt, action, listed)).approved).to.equal(true);
  });

  it('is verified by the service for its customer, and for no other', async () => {
    const { receipt } = await responseTo(await put(), { selected_option: 'approve' });
    const verify = (of: object, caller = {}) => service.request<Verdict>('verify', { receipt, action: of }, { caller });
    expect((await verify(action)).claims).to.include({ responded_by: 'ada', option: 'approve' });
    expect(await verify({ ...action, amount: 121 })).to.deep.equal({
      approved: false,
      reason: 'It is for another action: what was approved differs from what is to be done.',
    });
    expect(await verify(action, { customer_id: 'other' })).to.deep.equal({
      approved: false,
      reason: 'This receipt is of another customer.',
    });
    expect(await verify(action, { user_id: 'eve' })).to.deep.equal({
      approved: false,
      reason: 'This receipt is of another user.',
    });
    expect(await verify(action, { kind: 'service', user_id: null })).to.include({ approved: true });
  });

  it('keeps no private key that a copy of the database shows', async () => {
    await responseTo(await put(), { selected_option: 'approve' });
    const { rows } = await service.db.pool.query<{ sealed: string }>('select sealed from receipt_key');
    for (const { sealed } of rows) expect(Buffer.from(sealed, 'base64url')).to.have.length(12 + 16 + 43);
  });

  it('confirms an outcome with exactly its action and receipt', async () => {
    const it = await put();
    const response = await responseTo(it, { selected_option: 'approve' });
    const confirm = async (said: object): Promise<boolean> =>
      (await service.request('confirm', { request_id: it.id, mission_id: it.mission_id, response: said })).confirmed;
    expect(await confirm(response)).to.equal(true);
    expect(await confirm({ ...response, effective_action: { ...action, amount: 1 } })).to.equal(false);
    expect(await confirm({ ...response, receipt: `${response.receipt}x` })).to.equal(false);
    const { receipt: _, ...without } = response;
    expect(await confirm(without)).to.equal(false);
  });
});
