import { expect } from 'chai';
import { emailOutcomes } from '@missions/contracts/email/events.ts';
import type { Problem } from '@missions/contracts/errors.ts';
import type { EventEnvelope } from '@missions/contracts/event.ts';
import type { MissionDetail } from '@missions/contracts/mission/representation.ts';
import type { Caller } from '@missions/contracts/request.ts';
import { newId } from '@missions/runtime/id.ts';
import { waitUntil } from '@missions/test-support/wait-until.ts';
import { type MissionUnderTest, startMissionUnderTest } from '../testing/service.ts';

const as = (user_id: string | null, kind: Caller['kind'] = 'agent'): Partial<Caller> => ({ kind, user_id });
const ALL = as(null, 'service');

describe('a signal belongs to the user of its sender', () => {
  let service: MissionUnderTest;
  before(async () => {
    service = await startMissionUnderTest();
  });
  after(() => service.stop());

  const waiting = (user: string, wait: object) =>
    service.request<MissionDetail>(
      'create',
      { title: 'Waits', tasks: [{ title: 'wait', wait_for: wait }] },
      { caller: as(user) },
    );
  const hook = (reference: string, more: object = {}) => ({ kind: 'webhook', reference, ...more });
  const signal = (reference: string, caller: Partial<Caller>, more: object = {}) =>
    service.request<{ duplicate: boolean; waiters: number }>('signal', { ...hook(reference), ...more }, { caller });
  const statusOf = async ({ id }: MissionDetail): Promise<string> =>
    (await service.request<MissionDetail>('get', { mission_id: id }, { caller: ALL })).status;
  const isFreed = (mission: MissionDetail) =>
    waitUntil(async () => (await statusOf(mission)) === 'active', { what: 'the wait to end' });
  const refusal = (attempt: Promise<unknown>): Promise<Problem> =>
    attempt.then(
      () => expect.fail('was not refused'),
      (problem: Problem) => problem,
    );

  it('and frees no open wait of another user', async () => {
    const [adas, eves] = [await waiting('ada', hook('open')), await waiting('eve', hook('open'))];
    expect(await signal('open', as('eve'))).to.include({ waiters: 1 });
    expect([await statusOf(adas), await statusOf(eves)]).to.deep.equal(['waiting', 'active']);
  });

  it('and is kept for no later wait of another user', async () => {
    const since = { accept_after: new Date().toISOString() };
    await signal('kept', as('eve'));
    expect(await statusOf(await waiting('ada', hook('kept', since)))).to.equal('waiting');
    expect(await statusOf(await waiting('eve', hook('kept', since)))).to.equal('active');
  });

  it('and its id makes no duplicate of the signal that another sends', async () => {
    const adas = await waiting('ada', hook('same'));
    expect(await signal('same', as('eve'), { id: 'evt_1' })).to.include({ duplicate: false, waiters: 0 });
    expect(await signal('same', as('eve'), { id: 'evt_1' })).to.include({ duplicate: true, waiters: 0 });
    expect(await signal('same', ALL, { id: 'evt_1' })).to.include({ duplicate: false, waiters: 1 });
    expect(await statusOf(adas)).to.equal('active');
    expect(await signal('same', as('eve'), { id: 'evt_1' }), 'which reveals nothing').to.include({ duplicate: true });
    expect(await signal('same', as('mallory'), { id: 'evt_1' })).to.include({ duplicate: false });
  });

  it('and to the whole customer, if the trusted backend names no user', async () => {
    const since = { accept_after: new Date().toISOString() };
    const open = [await waiting('ada', hook('all')), await waiting('eve', hook('all'))];
    expect(await signal('all', ALL)).to.include({ waiters: 2 });
    for (const mission of open) expect(await statusOf(mission)).to.equal('active');
    for (const user of ['ada', 'eve'])
      expect(await statusOf(await waiting(user, hook('all', since)))).to.equal('active');
  });

  it('and to the one whom the trusted backend names', async () => {
    const [adas, eves] = [await waiting('ada', hook('named')), await waiting('eve', hook('named'))];
    expect(await signal('named', as('ada', 'service'))).to.include({ waiters: 1 });
    expect([await statusOf(adas), await statusOf(eves)]).to.deep.equal(['active', 'waiting']);
  });

  it('and to the whole customer, if a version without users stored it', async () => {
    await service.db.pool.query(
      `insert into signal (customer_id, key, id, data, final, received_at, expires_at)
       values ('acme', 'webhook:before', 'old', '{}', true, now() + interval '1 minute', now() + interval '30 days')`,
    );
    for (const user of ['ada', 'eve']) expect(await statusOf(await waiting(user, hook('before')))).to.equal('active');
  });

  it('and ends its wait exactly once while another user signals the same, raced 50 times', async () => {
    for (let round = 0; round < 50; round += 1) {
      const reference = `race-${round}`;
      const open = () => waiting('ada', hook(reference, { accept_after: '2020-01-01T00:00:00Z' }));
      const both = () => Promise.all(['eve', 'ada'].map((user) => signal(reference, as(user), { id: 'one' })));
      const mission = round % 2 ? (await Promise.all([open(), both()]))[0] : (await Promise.all([both(), open()]))[1];
      expect(await statusOf(mission), `round ${round}`).to.equal('active');
      const { events } = await service.request<{ events: { event_type: string }[] }>(
        'list_events',
        { mission_id: mission.id, filter: {} },
        { caller: ALL },
      );
      expect(events.filter((it) => it.event_type === 'unblocked')).to.have.length(1);
    }
  });

  it('and the end of a mission frees no mission of another user', async () => {
    const { id } = await service.request<MissionDetail>('create', { title: 'First' }, { caller: as('ada') });
    const wait = { kind: 'mission', reference: id };
    const adas = await waiting('ada', wait);
    // As a version before opened it, which let a mission wait for one of another user.
    const eves = await waiting('eve', hook('to be changed'));
    const awaiting = [`mission:${id}`, eves.id];
    await service.db.pool.query("update blocker set key = $1, kind = 'mission' where mission_id = $2", awaiting);
    await service.request('patch', { mission_id: id, patch: { status: 'completed' } }, { caller: as('ada') });
    await isFreed(adas);
    expect(await statusOf(eves)).to.equal('waiting');
    const late = await refusal(waiting('eve', { ...wait, accept_after: '2020-01-01T00:00:00Z' }));
    expect(late.code, 'nor one that waits afterwards').to.equal('VALIDATION_FAILED');
  });

  /** As the email-bridge publishes it; a version before may leave the user out. */
  const replied = (tracking_id: string, user_id: string): EventEnvelope => {
    const reply = {
      id: newId(),
      tracking_id,
      kind: 'reply',
      from_address: 'sarah@example.com',
      received_at: new Date().toISOString(),
      notified_at: null,
      parsed_response: null,
      untrusted: { from_name: '', snippet: 'A secret', body_text: 'A secret' },
    };
    const progress = { pending_from: [], received_from: ['sarah@example.com'], bounced: [] };
    return {
      id: newId(),
      type: emailOutcomes.allReplied,
      source: '/services/email-bridge',
      time: new Date().toISOString(),
      customer_id: 'acme',
      user_id,
      mission_id: '',
      version: 2,
      index: 0,
      data: {
        customer_id: 'acme',
        user_id: 'ada',
        mission_id: null,
        task_id: null,
        tracking_id,
        subject: '',
        replies: [reply],
        ...progress,
      },
    };
  };

  it('and the replies to a user’s mail are read by no mission of another user', async () => {
    const wait = { kind: 'email_reply', reference: newId(), accept_after: '2020-01-01T00:00:00Z' };
    const [adas, eves] = [await waiting('ada', wait), await waiting('eve', wait)];
    await service.handle(replied(wait.reference, 'ada'));
    await isFreed(adas);
    const late = await waiting('eve', wait);
    for (const mission of [eves, late]) {
      const now = await service.request('get', { mission_id: mission.id }, { caller: ALL });
      expect(now).to.include({ status: 'waiting' });
      expect(JSON.stringify(now)).not.to.contain('A secret');
    }
  });

  it('and to the whole customer, if the event names none', async () => {
    const wait = { kind: 'email_reply', reference: newId() };
    const eves = await waiting('eve', wait);
    await service.handle(replied(wait.reference, ''));
    await isFreed(eves);
  });

  const own = {
    human_input: /POST \/api\/v1\/input-requests\/\{request_id\}\/respond/,
    mission: /PATCH \/api\/internal\/missions\/\{mission_id\}/,
    email_reply: /POST \/api\/internal\/emails\/check-replies/,
  };
  for (const [kind, call] of Object.entries(own))
    it(`but no agent reports what the product resolves itself: ${kind}`, async () => {
      const count = () => service.db.pool.query('select 1 from signal').then(({ rows }) => rows.length);
      const before = await count();
      for (const user of ['ada', null]) {
        const input = { kind, reference: newId() };
        const { code, detail } = await refusal(service.request('signal', input, { caller: as(user) }));
        expect(code).to.equal('FORBIDDEN');
        expect(detail).to.match(call);
      }
      expect(await count()).to.equal(before);
    });

  for (const kind of ['human_input', 'mission'] as const)
    it(`nor does the trusted backend: ${kind}`, async () => {
      const { code, detail, members } = await refusal(
        service.request('signal', { kind, reference: newId() }, { caller: ALL }),
      );
      expect(code).to.equal('VALIDATION_FAILED');
      expect(detail).to.match(own[kind]);
      expect(members?.['errors']).to.have.nested.property('[0].path', '/kind');
    });

  it('the trusted backend reports replies to mail that it sent itself', async () => {
    const wait = { kind: 'email_reply', reference: newId() };
    const mission = await waiting('ada', wait);
    expect(await service.request('signal', wait, { caller: as('ada', 'service') })).to.include({ waiters: 1 });
    expect(await statusOf(mission)).to.equal('active');
  });
});
