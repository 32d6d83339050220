import type { AskedInputRequest, InputRequest } from '@missions/contracts/approval/input-request.ts';
import { approvalEvents } from '@missions/contracts/approval/events.ts';
import type { AnsweredInputRequest } from '@missions/contracts/approval/requests.ts';
import { parser } from '@missions/contracts/schema.ts';
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
import {
  inputRequestedEvent,
  timerFiredEvent,
  askedRequest,
  taskUpdatedEvent,
  unblockedEvent,
} from '../testing/fixtures.ts';
import { eventsAbout } from '../testing/fixtures.ts';

const HOUR = 3_600_000;

/** The whole life of input requests, on a real database and in virtual time. */
/** A question that carries nothing but words, and asks its user alone. */
const plain = {
  ...{ action: null, irreversible: false, edits: null },
  ...{ assignees: [], quorum: 1, escalate_to: null, escalate_at: null, approvals: [] },
};

describe('input requests', () => {
  const clock = new VirtualClock(new Date('2026-06-01T12:00:00Z'));
  let service: ServiceUnderTest<Context>;
  before(async () => {
    service = await startServiceUnderTest(approval, { clock });
  });
  after(() => service.stop());

  const inHours = (hours: number): string => new Date(clock.now().getTime() + hours * HOUR).toISOString();
  const put = async (over: Partial<AskedInputRequest> = {}): Promise<AskedInputRequest> => {
    const it = askedRequest(clock.now(), over);
    await service.handle(inputRequestedEvent(it));
    return it;
  };
  const read = (it: { id: string }) => service.request<InputRequest>('get', { request_id: it.id });
  const answered = (it: { id: string }, answer: object = { selected_option: 'yes' }, caller = {}, key?: string) =>
    service.request<AnsweredInputRequest>('respond', { request_id: it.id, answer }, { caller, idempotencyKey: key });
  const answer = async (...call: Parameters<typeof answered>): Promise<InputRequest> => {
    const { outcome: _event, ...request } = await answered(...call);
    return request;
  };
  const story = async (it: { id: string }) =>
    (await eventsAbout(service.db, it.id)).map(({ type, version, index, data }) => [
      type,
      version,
      index,
      ...(data['key'] ? [data['key'].split(':')[0], data['revision']] : []),
    ]);

  it('are announced once, and have one deadline, however often their event is delivered', async () => {
    const it = askedRequest(clock.now(), { remind_at: inHours(0.5) });
    const event = inputRequestedEvent(it);
    await service.handle(event, event, inputRequestedEvent(it));
    await service.handle(event);
    const ensured = await service.request<InputRequest>('ensure', it, { caller: { kind: 'service' } });
    expect(ensured).to.deep.equal(await read(it));
    const asked = { ...it, task: null, request_id: it.id, agent_id: null, ...plain };
    expect(ensured).to.deep.equal({ ...asked, status: 'pending', response: null, responded_at: null });
    expect(await story(it)).to.deep.equal([['approval.requested', 1, 0]]);
    const [requested] = await eventsAbout(service.db, it.id);
    expect(requested?.data['request']).to.deep.equal(ensured);
  });

  it('are announced once when the call comes before the event, or both at once', async () => {
    const first = askedRequest(clock.now());
    await service.request('ensure', first);
    await service.handle(inputRequestedEvent(first));
    const once = [['approval.requested', 1, 0]];
    expect(await story(first)).to.deep.equal(once);
    for (let round = 0; round < 50; round++) {
      const it = askedRequest(clock.now());
      const [one, , two] = await Promise.all([
        service.request('ensure', it),
        service.handle(inputRequestedEvent(it)),
        service.request('ensure', it),
      ]);
      expect(one).to.deep.equal(two);
      expect(await story(it), `round ${round}`).to.deep.equal(once);
    }
  });

  it('confirm exactly the end that they came to, and nothing else', async () => {
    const [open, answered] = [await put({}), await put({})];
    const expired = await put({ expires_at: new Date(clock.now().getTime() + 60_000).toISOString() });
    const { response } = await service.request('respond', {
      request_id: answered.id,
      answer: { freeform_text: 'Yes' },
    });
    clock.advance(61_000);
    await service.handle(timerFiredEvent(expired, 'expire'));
    const confirm = (it: { id: string; mission_id: string }, said: object | null, caller = {}) =>
      service
        .request('confirm', { request_id: it.id, mission_id: it.mission_id, response: said }, { caller })
        .then(({ confirmed }) => confirmed);
    expect(await confirm(answered, response)).to.equal(true);
    expect(await confirm(expired, null)).to.equal(true);
    const other = { ...answered, mission_id: open.mission_id };
    for (const [it, said, caller] of [
      [answered, { ...response, freeform_text: 'No' }],
      [answered, { ...response, via: 'timeout' }],
      [answered, { ...response, responded_by: 'eve' }],
      [answered, null],
      [other, response],
      [answered, response, { customer_id: 'other' }],
      [open, response],
      [open, null],
      [expired, response],
      [{ ...answered, id: newId() }, response],
    ] as const)
      expect(await confirm(it, said, caller), JSON.stringify([it.id, said])).to.equal(false);
    expect(await story(open)).to.have.length(1);
  });

  it('are refused when they belong to another customer or user than the caller', async () => {
    for (const caller of [{ customer_id: 'other' }, { user_id: 'bob' }])
      expect((await refusal(service.request('ensure', askedRequest(clock.now()), { caller }))).code).to.equal(
        'FORBIDDEN',
      );
    await service.request('ensure', askedRequest(clock.now()), { caller: { user_id: null, kind: 'service' } });
  });

  it('keep the task’s texts as they were asked about, and show the latest change beside them', async () => {
    const task = { title: 'Pay Sarah 10 €', description: 'for lunch', as_of: 5 };
    const it = await put({ task_id: newId(), task });
    const other = await put({ mission_id: it.mission_id, task_id: newId(), task });
    const asked = { title: task.title, description: task.description };
    expect((await read(it)).task).to.deep.equal({ ...asked, changed: null });
    const mallory = { title: 'Pay Mallory 10,000 €', description: 'at once' };
    const late = { title: 'Pay somebody', description: '' };
    const mended = taskUpdatedEvent(it, 8, mallory);
    await service.handle(taskUpdatedEvent(it, 4, late), mended, taskUpdatedEvent(it, 7, late), taskUpdatedEvent(it, 9));
    await service.handle(mended);
    const changed = { ...mallory, changed_at: mended.time };
    expect((await read(it)).task).to.deep.equal({ ...asked, changed });
    expect((await read(other)).task).to.deep.equal({ ...asked, changed: null });
    expect((await answer(it)).task).to.deep.equal({ ...asked, changed });
    await service.handle(taskUpdatedEvent(it, 10, late));
    expect((await read(it)).task?.changed).to.include(late);
  });

  it('without a copy of their task, as older versions asked them, stay readable when the task changes', async () => {
    const it = await put({ task_id: newId() });
    await service.handle(taskUpdatedEvent(it, 8, { title: 'Renamed', description: '' }));
    expect((await read(it)).task).to.equal(null);
    expect(await answer(it)).to.include({ status: 'responded' });
  });

  it('announce a response once', async () => {
    const it = await put({ remind_at: inHours(0.5), task_id: newId() });
    clock.advance(60_000);
    service.notifications.length = 0;
    const answered = await answer(it, { selected_option: 'no', freeform_text: 'Wednesday?' });
    const response = { selected_option: 'no', freeform_text: 'Wednesday?', responded_by: 'ada', via: 'api' };
    expect(answered).to.deep.include({ status: 'responded', response, responded_at: clock.now().toISOString() });
    expect(answered).to.deep.equal(await read(it));
    expect((await story(it)).slice(1)).to.deep.equal([['approval.responded', 2, 0]]);
    const { customer_id, user_id, mission_id, task_id } = it;
    expect((await eventsAbout(service.db, it.id))[1]).to.deep.include({
      time: clock.now(),
      data: { customer_id, user_id, mission_id, task_id, request_id: it.id, response },
    });
    expect(service.notifications).to.deep.equal([
      { customerId: 'acme', userId: 'ada', payload: { type: 'input_request', id: it.id, status: 'responded' } },
    ]);
    expect((await refusal(answer(it))).code).to.equal('ALREADY_RESPONDED');
    await service.handle(
      timerFiredEvent(it, 'expire'),
      timerFiredEvent(it, 'remind'),
      unblockedEvent(it, 'answer'),
      unblockedEvent(it),
    );
    expect(await read(it)).to.deep.equal(answered);
    expect(await story(it)).to.have.lengthOf(2);
  });

  it('give the caller the event of a response as it is published, with its seal, and a repeated call none', async () => {
    const it = await put();
    const { outcome } = await answered(it, { selected_option: 'yes' }, {}, 'k0');
    const stored = (await eventsAbout(service.db, it.id)).find(({ type }) => type === 'approval.responded');
    expect(JSON.parse(outcome?.body ?? '')).to.deep.equal(stored?.data);
    expect([outcome?.event.type, outcome?.event.version]).to.deep.equal(['approval.responded', stored?.version]);
    expect(outcome?.seal).to.match(/^1;./);
    expect(await answered(it, { selected_option: 'yes' }, {}, 'k0')).not.to.have.property('outcome');
  });

  it('replay the first response under an idempotency key, and refuse any other', async () => {
    const it = await put();
    const first = await answer(it, { selected_option: 'yes' }, {}, 'k1');
    expect(await answer(it, { selected_option: 'yes' }, {}, 'k1')).to.deep.equal(first);
    expect((await refusal(answer(it, { selected_option: 'no' }, {}, 'k1'))).code).to.equal('IDEMPOTENCY_KEY_REUSED');
    expect((await refusal(answer(it, { selected_option: 'yes' }, {}, 'k2'))).code).to.equal('ALREADY_RESPONDED');
    // Refused under a key: the key stays free for the mended call.
    const other = await put();
    expect((await refusal(answer(other, {}, {}, 'k3'))).code).to.equal('VALIDATION_FAILED');
    await answer(other, { freeform_text: 'yes' }, {}, 'k3');
    // Both calls at once.
    const third = await put();
    const all = await Promise.all(
      Array.from({ length: 10 }, () => answer(third, { selected_option: 'yes' }, {}, 'k4')),
    );
    for (const one of all) expect(one).to.deep.equal(all[0]);
    expect((await story(third)).filter(([type]) => type === 'approval.responded')).to.have.lengthOf(1);
  });

  it('refuse a response with the code that says why', async () => {
    const closed = await put({ allow_freeform: false });
    const refused = async (...args: Parameters<typeof answer>) => (await refusal(answer(...args))).code;
    expect(await refused(closed, { selected_option: 'maybe' })).to.equal('VALIDATION_FAILED');
    expect(await refused(closed, { freeform_text: 'hm' })).to.equal('VALIDATION_FAILED');
    expect(await refused(closed, {})).to.equal('VALIDATION_FAILED');
    expect(await refused(closed, undefined, { user_id: 'bob' })).to.equal('INPUT_REQUEST_NOT_FOUND');
    expect(await refused(closed, undefined, { customer_id: 'other' })).to.equal('INPUT_REQUEST_NOT_FOUND');
    expect(await refused({ id: newId() })).to.equal('INPUT_REQUEST_NOT_FOUND');
    expect(await refused(closed, undefined, { kind: 'agent', agent_id: 'bot' })).to.equal('FORBIDDEN');
    expect(await refused(closed, undefined, { kind: 'service' })).to.equal('FORBIDDEN');
    expect((await read(closed)).status).to.equal('pending');
    // The deadline has passed, and its timer has not fired yet.
    clock.advance(HOUR);
    expect(await refused(closed)).to.equal('REQUEST_EXPIRED');
    await service.handle(timerFiredEvent(closed, 'expire'));
    expect(await refused(closed)).to.equal('REQUEST_EXPIRED');
  });

  it('expire once, and never before their deadline', async () => {
    const it = await put();
    clock.advance(HOUR - 1);
    const early = timerFiredEvent(it, 'expire');
    expect(await service.handle(early).catch((error: Error) => error.message)).to.contain('came early');
    expect((await read(it)).status).to.equal('pending');
    clock.advance(1);
    // The same event again: the failed attempt rolled its inbox claim back.
    await service.handle(early);
    await service.handle(early, timerFiredEvent(it, 'expire'));
    expect(await read(it)).to.deep.include({ status: 'expired', response: null, responded_at: null });
    expect((await story(it)).slice(1)).to.deep.equal([['approval.expired', 2, 0]]);
    await service.handle(unblockedEvent(it, 'timeout'));
    expect(await story(it)).to.have.lengthOf(2);
  });

  for (const [what, forge] of [
    ['says an earlier time', { fire_at: '2026-01-01T00:00:00.000Z' }],
    ['names another request', { payload: { request_id: newId(), kind: 'expire' } }],
  ] as const)
    it(`expire at their deadline, also after a forged firing with its firing’s id that ${what}`, async () => {
      const it = await put();
      const firing = timerFiredEvent(it, 'expire');
      const forged = { ...firing, data: { ...firing.data, ...forge } };
      await service.handle(forged).catch((error: Error) => expect(error.message).to.contain('came early'));
      expect((await read(it)).status).to.equal('pending');
      clock.advance(HOUR);
      await service.handle(firing);
      expect((await read(it)).status).to.equal('expired');
    });

  it('take their default option at the deadline, with nobody as responder', async () => {
    const it = await put({ default_option: 'no' });
    clock.advance(HOUR + 5_000);
    await service.handle(timerFiredEvent(it, 'expire'));
    const response = { selected_option: 'no', freeform_text: null, responded_by: null, via: 'timeout' };
    expect(await read(it)).to.deep.include({ status: 'responded', response, responded_at: clock.now().toISOString() });
    expect((await story(it)).slice(1)).to.deep.equal([['approval.responded', 2, 0]]);
    expect((await eventsAbout(service.db, it.id))[1]?.data).to.deep.include({ response });
    expect((await refusal(answer(it))).code).to.equal('REQUEST_EXPIRED');
  });

  it('expire also when they arrive after their deadline', async () => {
    const it = await put({ expires_at: inHours(-1), created_at: inHours(-2) });
    expect((await read(it)).status).to.equal('pending');
    expect((await refusal(answer(it))).code).to.equal('REQUEST_EXPIRED');
    await service.handle(timerFiredEvent(it, 'expire'));
    expect((await read(it)).status).to.equal('expired');
  });

  it('remind of one mission an hour apart at least, and of all missions 24 times a day at most', async () => {
    const remindersOf = async (of: AskedInputRequest[]) => {
      for (const it of of) await service.handle(timerFiredEvent(it, 'remind'));
      const told = await Promise.all(of.map(async (it) => (await story(it)).map(([type]) => type)));
      return told.map((types) => types.includes('approval.reminder_due'));
    };
    const user_id = newId();
    const at = (hours: number) => ({ user_id, remind_at: inHours(hours), expires_at: inHours(200) });
    const first = await put(at(1));
    const others = [
      await put({ ...at(1.5), mission_id: first.mission_id }),
      await put(at(1.5)),
      await put({ ...at(2), mission_id: first.mission_id }),
    ];
    const many = await Promise.all(Array.from({ length: 22 }, () => put(at(2))));
    clock.advance(HOUR);
    expect(await remindersOf([first])).to.deep.equal([true]);
    clock.advance(HOUR / 2);
    expect(await remindersOf(others.slice(0, 2))).to.deep.equal([false, true]);
    clock.advance(HOUR / 2);
    expect(await remindersOf(others.slice(2))).to.deep.equal([true]);
    expect((await remindersOf(many)).filter(Boolean)).to.have.length(21);
  });

  it('remind once, and only while they are pending', async () => {
    const [it, answered] = [await put({ remind_at: inHours(0.5) }), await put({ remind_at: inHours(0.5) })];
    await answer(answered);
    clock.advance(HOUR / 2);
    await service.handle(
      timerFiredEvent(it, 'remind'),
      timerFiredEvent(it, 'remind'),
      timerFiredEvent(answered, 'remind'),
    );
    await service.handle(timerFiredEvent(it, 'remind'));
    expect((await story(it)).slice(1)).to.deep.equal([['approval.reminder_due', 2, 0]]);
    expect((await eventsAbout(service.db, it.id))[1]?.data['request']).to.deep.equal(await read(it));
    expect((await story(answered)).filter(([type]) => type === 'approval.reminder_due')).to.deep.equal([]);
    await answer(it);
    expect((await story(it)).slice(2)).to.deep.equal([['approval.responded', 3, 0]]);
  });

  it('are cancelled when their own wait ends in another way', async () => {
    const [it, other] = [await put(), await put()];
    await service.handle(
      unblockedEvent(it, 'answer'),
      unblockedEvent(it, 'cancelled', 'webhook:x'),
      unblockedEvent(it, 'cancelled', 'human_input:nothing'),
      unblockedEvent(it, 'hand', `email_reply:${it.id}`),
    );
    expect((await read(it)).status).to.equal('pending');
    await service.handle(unblockedEvent(it));
    await service.handle(unblockedEvent(it));
    expect((await read(it)).status).to.equal('cancelled');
    expect((await story(it)).slice(1)).to.deep.equal([['approval.cancelled', 2, 0]]);
    expect((await refusal(answer(it))).code).to.equal('ALREADY_RESPONDED');
    expect((await read(other)).status).to.equal('pending');
  });

  it('are stored as cancelled and not announced when their cancellation arrives first', async () => {
    for (const come of [
      (it: AskedInputRequest) => service.handle(inputRequestedEvent(it)),
      (it: AskedInputRequest) => service.request('ensure', it),
    ]) {
      const it = askedRequest(clock.now(), { remind_at: inHours(0.5) });
      await service.handle(unblockedEvent(it));
      expect((await refusal(read(it))).code).to.equal('INPUT_REQUEST_NOT_FOUND');
      expect((await refusal(answer(it))).code).to.equal('INPUT_REQUEST_NOT_FOUND');
      const { input_requests } = await service.request('list', { mission_id: it.mission_id });
      expect(input_requests).to.deep.equal([]);
      await come(it);
      await service.request('ensure', it);
      expect(await read(it)).to.deep.equal({
        ...it,
        task: null,
        request_id: it.id,
        status: 'cancelled',
        response: null,
        responded_at: null,
        agent_id: null,
        ...plain,
      });
      expect((await refusal(answer(it))).code).to.equal('ALREADY_RESPONDED');
      expect(await story(it)).to.deep.equal([]);
    }
  });

  it('of one batch take effect in the order of their events', async () => {
    const it = askedRequest(clock.now());
    await service.handle(unblockedEvent(it), inputRequestedEvent(it), unblockedEvent(it));
    expect((await read(it)).status).to.equal('cancelled');
    const that = askedRequest(clock.now());
    await service.handle(inputRequestedEvent(that), unblockedEvent(that));
    expect((await story(that)).map(([type]) => type)).to.deep.equal(['approval.requested', 'approval.cancelled']);
  });

  it('of one batch fail together, and succeed when delivered again', async () => {
    const [it, late] = [askedRequest(clock.now()), await put()];
    const batch = [inputRequestedEvent(it), timerFiredEvent(late, 'expire')];
    expect(await service.handle(...batch).catch(() => 'failed')).to.equal('failed');
    expect((await refusal(read(it))).code).to.equal('INPUT_REQUEST_NOT_FOUND');
    clock.advance(HOUR / 2);
    await service.handle(batch[0] as (typeof batch)[0]);
    clock.advance(HOUR / 2);
    await service.handle(...batch);
    expect([(await read(it)).status, (await read(late)).status]).to.deep.equal(['pending', 'expired']);
    expect(await story(it)).to.have.lengthOf(1);
  });

  it('reject an event without the members they need, and ignore events of others', async () => {
    const it = askedRequest(clock.now());
    const { prompt: _, ...rest } = it;
    expect((await refusal(service.handle({ ...inputRequestedEvent(it), data: { question: rest } }))).code).to.equal(
      'VALIDATION_FAILED',
    );
    await service.handle({ ...inputRequestedEvent(it), type: 'mission.created', data: {} });
    // A newer mission service sends members that this version does not know.
    await service.handle({
      ...inputRequestedEvent(it),
      data: { question: { ...it, urgency: 'critical', colour: 'red' }, more: 1 },
    });
    expect(await read(it)).to.deep.include({ urgency: 'normal', status: 'pending' });
  });

  it('store text exactly as it was sent', async () => {
    const odd = `"quotes" \\ 'single' {"a":1} — ünïcödé 🦊\n\ttab`;
    const it = await put({
      prompt: odd,
      conversation_id: odd,
      options: [{ id: odd, label: odd, description: '' }],
      context: { [odd]: [odd, null, 1.5, { deep: odd }] },
    });
    expect(await read(it)).to.deep.include({
      prompt: odd,
      conversation_id: odd,
      options: it.options,
      context: it.context,
    });
    expect((await answer(it, { selected_option: odd, freeform_text: odd })).response).to.deep.include({
      selected_option: odd,
      freeform_text: odd,
    });
  });

  it('announce themselves by the schemas of the contracts', async () => {
    const several = await put({ assignees: ['bea'], quorum: 2 });
    await service.request('add_delegation', { to_user_id: 'dan', until: several.expires_at });
    await service.request('respond', { request_id: several.id, answer: { selected_option: 'yes' } });
    const parsers = new Map(
      Object.entries(approvalEvents).map(([type, schema]) => [type, parser(schema) as (value: unknown) => unknown]),
    );
    const { rows } = await service.db.pool.query<{ type: string; data: unknown }>(
      'select distinct on (type) type, data from outbox order by type, position',
    );
    expect(rows.map((row) => row.type).toSorted()).to.deep.equal([...parsers.keys()].toSorted());
    for (const { type, data } of rows) parsers.get(type)?.(data);
  });
});
