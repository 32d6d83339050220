import { expect } from 'chai';
import { emailOutcomes } from '@missions/contracts/email/events.ts';
import type { RequestedMail } from '@missions/contracts/email/email.ts';
import type { Problem } from '@missions/contracts/errors.ts';
import type { EventEnvelope } from '@missions/contracts/event.ts';
import type { MissionDetail, MissionEvent, ResumeBundle } from '@missions/contracts/mission/representation.ts';
import { VirtualClock } from '@missions/runtime/clock.ts';
import { newId } from '@missions/runtime/id.ts';
import { waitUntil } from '@missions/test-support/wait-until.ts';
import { type MissionUnderTest, startMissionUnderTest } from '../testing/service.ts';
import { truncate } from '@missions/contracts/truncate.ts';
import { MAX_TEXT } from '../subscriptions/email.ts';

/** The bridge is spoken for: its events are made here as it tells them. */
describe('mail for a mission', function () {
  this.timeout(60_000);
  let service: MissionUnderTest;
  const clock = new VirtualClock(new Date('2026-06-01T12:00:00Z'));
  before(async () => {
    // So long that nothing happens by chance: whoever puts a signal on its way wakes the deliveries.
    service = await startMissionUnderTest(clock, 60_000);
  });
  after(() => service.stop());

  const [sarah, john] = ['sarah@example.com', 'john@example.com'];
  const letter = { to: [sarah, john], subject: 'Q1', body: 'When?', expect_reply: true };
  const planned = (tasks: object[] = [{ title: 'Ask them' }]) =>
    service.request<MissionDetail>('create', { title: 'Meeting', tasks });
  const read = ({ id }: { id: string }) => service.request<MissionDetail>('get', { mission_id: id });
  const send = ({ id }: { id: string }, more: object = {}, key?: string) =>
    service.request<RequestedMail>('email', { mission_id: id, email: { ...letter, ...more } }, { idempotencyKey: key });
  const historyOf = async ({ id }: { id: string }) =>
    (await service.request<{ events: MissionEvent[] }>('list_events', { mission_id: id, filter: { limit: 200 } }))
      .events;
  const toldOf = async ({ id }: { id: string }, type: string) =>
    (
      await service.db.pool.query('select data from outbox where mission_id = $1 and type = $2 order by position', [
        id,
        type,
      ])
    ).rows.map((row) => row.data);
  const awaiting = async (more: object = {}) => {
    const mission = await planned();
    return { mission, mail: await send(mission, { task_id: mission.tasks[0]?.id, ...more }) };
  };

  const event = (type: string, mail: RequestedMail, data: object): EventEnvelope => {
    const { customer_id, user_id, mission_id, task_id, subject, id: tracking_id } = mail;
    const about = { customer_id, user_id, mission_id, task_id, tracking_id, subject };
    return {
      id: newId(),
      type,
      source: '/services/email-bridge',
      time: clock.now().toISOString(),
      customer_id,
      user_id,
      mission_id: mission_id ?? '',
      version: 2,
      index: 0,
      data: { ...about, ...data },
    };
  };
  const replyOf = (mail: RequestedMail, from: string, text = 'Tuesday') => ({
    id: newId(),
    tracking_id: mail.id,
    kind: 'reply',
    from_address: from,
    received_at: clock.now().toISOString(),
    notified_at: null,
    parsed_response: null,
    untrusted: { from_name: '', snippet: truncate(text, 500), body_text: text },
  });
  const replied = (mail: RequestedMail, from: string, text?: string) =>
    event(emailOutcomes.replied, mail, {
      reply: replyOf(mail, from, text),
      pending_from: [john],
      received_from: [from],
      bounced: [],
    });
  const allReplied = (mail: RequestedMail, text?: string) =>
    event(emailOutcomes.allReplied, mail, {
      replies: [replyOf(mail, sarah, text), replyOf(mail, john, text)],
      pending_from: [],
      received_from: [sarah, john],
      bounced: [],
    });
  const bounced = (mail: RequestedMail) =>
    event(emailOutcomes.bounced, mail, {
      recipient: john,
      reason: 'no such user',
      nobody_left: true,
      pending_from: [],
      received_from: [],
      bounced: [sarah, john],
    });
  const expired = (mail: RequestedMail, received_from: string[] = []) =>
    event(emailOutcomes.expired, mail, {
      pending_from: [sarah, john].filter((one) => !received_from.includes(one)),
      received_from,
      bounced: [],
    });
  const becomes = (mission: { id: string }, status: string, task = 0) =>
    waitUntil(
      async () => {
        const now = await read(mission);
        return now.tasks[task]?.status === status ? now : undefined;
      },
      { withinMs: 5_000, what: status },
    );
  const followed = ({ body, reply_to_message_id: _to, follow_up_of: _of, ...mail }: RequestedMail) => ({
    ...mail,
    tracking_id: mail.id,
    message_id: '<1@example.com>',
    thread_id: '<1@example.com>',
    from: '',
    reply_to: '',
    body_text: body,
    status: 'awaiting_reply',
    pending_from: [john],
    received_from: [],
    bounced: [],
    follow_ups: 0,
    last_follow_up_at: null,
    last_error: '',
    sent_at: null,
    updated_at: mail.created_at,
  });
  /** One step of its life. */
  const ages = async (mission: { id: string }, mail: RequestedMail) => {
    const [told] = (
      await service.db.pool.query(
        "select data -> 'mission' ->> 'life_deadline_at' as at from outbox where mission_id = $1 and data::jsonb ? 'mission' order by position desc limit 1",
        [mission.id],
      )
    ).rows;
    clock.set(new Date(told.at));
    const timer = {
      owner: 'mission',
      key: `life:${mission.id}`,
      revision: 1,
      fire_at: told.at,
      fired_at: told.at,
      payload: { life: true },
    };
    await service.handle(event('timer.mission', mail, timer));
  };
  const codeOf = (attempt: Promise<unknown>) =>
    attempt.then(
      () => 'done',
      (error: unknown) => (error as Problem).code,
    );

  it('is decided in one commit: the wait, the history, the event with the mail, and no timer', async () => {
    const { mission, mail } = await awaiting();
    const now = await read(mission);
    expect(now).to.include({ status: 'waiting', blocked_by: `email_reply:${mail.id}` });
    expect(now.blockers[0]).to.include({ kind: 'email_reply', task_id: now.tasks[0]?.id, until_at: mail.expires_at });
    const [told] = await toldOf(mission, 'mission.email_requested');
    expect(told.mail).to.deep.equal(mail);
    expect(told.metadata).to.include({ key: now.blocked_by, tracking_id: mail.id });
    expect(await toldOf(mission, 'scheduler.timer_set')).to.deep.equal([]);
    // Whoever waits for the same mail without having sent it has a deadline of the mission service's own.
    await service.request('add_task', {
      mission_id: mission.id,
      task: { title: 'too', wait_for: { kind: 'email_reply', reference: mail.id } },
    });
    expect(await toldOf(mission, 'scheduler.timer_set')).to.have.length(1);
  });

  it('is decided once for an idempotency key, and belongs to the user of the mission', async () => {
    const mission = await planned();
    const [first, again] = [await send(mission, {}, 'once'), await send(mission, {}, 'once')];
    expect(again).to.deep.equal(first);
    expect(await toldOf(mission, 'mission.email_requested')).to.have.length(1);
    expect(
      await codeOf(service.request('email', { mission_id: mission.id, email: letter }, { caller: { user_id: 'eve' } })),
    ).to.equal('MISSION_NOT_FOUND');
    expect(
      await codeOf(
        service.request(
          'follow_up',
          { mission_id: mission.id, of: followed(first), follow_up: {} },
          { caller: { customer_id: 'other' } },
        ),
      ),
    ).to.equal('MISSION_NOT_FOUND');
  });

  it('is marked, so that the bundle leaves it to the bridge', async () => {
    const mission = await planned();
    const bundle = () => service.request<ResumeBundle>('resume', { mission_id: mission.id, conversation_id: 'b' });
    expect((await bundle()).emails).to.deep.equal([]);
    await send(mission, { expect_reply: false });
    const { emails, mission: shown } = await bundle();
    expect(emails).to.equal(null);
    expect(shown).to.not.have.property('mailed');
  });

  it('goes on when all have answered, with what they said, and each reply stands in the history', async () => {
    const { mission, mail } = await awaiting();
    await service.handle(replied(mail, sarah));
    expect((await read(mission)).status).to.equal('waiting');
    await service.handle(replied(mail, john), allReplied(mail));
    const { tasks, blockers } = await becomes(mission, 'in_progress');
    expect(blockers).to.deep.equal([]);
    const signal = tasks[0]?.result['signal'] as {
      data: { replies: unknown[]; tracking_id: string };
      final: boolean;
      id: string;
    };
    expect(signal).to.include({ final: true, id: `all:${mail.id}` });
    expect(signal.data).to.deep.include({
      tracking_id: mail.id,
      pending_from: [],
      received_from: [sarah, john],
      bounced: [],
    });
    expect(signal.data.replies).to.have.length(2);
    const history = await historyOf(mission);
    expect(
      history.filter((it) => it.event_type === 'external_event').map((it) => it.metadata['from_address']),
    ).to.deep.equal([sarah, john]);
    expect(history.filter((it) => it.event_type === 'unblocked')).to.have.length(1);
  });

  it('until any goes on with the first', async () => {
    const { mission, mail } = await awaiting({ until: 'any' });
    await service.handle(replied(mail, sarah));
    const { tasks } = await becomes(mission, 'in_progress');
    expect(tasks[0]?.result['signal'])
      .to.deep.include({ final: false })
      .and.to.have.nested.property('data.reply.from_address', sarah);
  });

  it('until any does not fail by its deadline when somebody answered before, also when both are heard of at once', async () => {
    const { mission, mail } = await awaiting({ until: 'any' });
    // As after an outage: the signal is on its way still when the deadline is heard of.
    await service.handle(replied(mail, sarah), expired(mail, [sarah]));
    const { tasks } = await becomes(mission, 'in_progress');
    expect(tasks[0]?.result['signal']).to.have.nested.property('data.reply.from_address', sarah);
    const all = await awaiting();
    await service.handle(replied(all.mail, sarah), expired(all.mail, [sarah]));
    expect((await read(all.mission)).tasks[0]).to.include({ status: 'failed', error: 'timeout' });
  });

  it('says with the end of each wait which one it was: the mail is served until its own ends', async () => {
    const { mission, mail } = await awaiting();
    const other = await service.request<{ id: string }>('add_task', {
      mission_id: mission.id,
      task: { title: 'too', wait_for: { kind: 'email_reply', reference: mail.id } },
    });
    await service.request('patch_task', { mission_id: mission.id, task_id: other.id, patch: { status: 'skipped' } });
    await service.request('patch_task', {
      mission_id: mission.id,
      task_id: mail.task_id,
      patch: { status: 'skipped' },
    });
    const [others, own] = await toldOf(mission, 'mission.unblocked');
    expect(others.metadata).to.include({ key: `email_reply:${mail.id}` });
    expect(others.metadata.wait_id).to.be.a('string').and.not.to.equal(mail.id);
    expect(own.metadata).to.include({ key: `email_reply:${mail.id}`, wait_id: mail.id });
  });

  it('told three times over is heard once', async () => {
    const { mission, mail } = await awaiting();
    const events = [replied(mail, sarah), allReplied(mail)];
    for (let time = 0; time < 3; time += 1) await service.handle(...events, ...events);
    await becomes(mission, 'in_progress');
    const types = (await historyOf(mission)).map((it) => it.event_type);
    expect(types.filter((type) => type === 'external_event')).to.have.length(1);
    expect(types.filter((type) => type === 'unblocked')).to.have.length(1);
    const { rows } = await service.db.pool.query('select final from signal where key = $1 order by final', [
      `email_reply:${mail.id}`,
    ]);
    expect(rows).to.deep.equal([{ final: false }, { final: true }]);
  });

  it('that was answered before anybody waited frees who waits later, and all who wait', async () => {
    const mission = await planned([
      { title: 'first' },
      { title: 'second', wait_for: { kind: 'email_reply', reference: 'nothing yet' } },
    ]);
    const mail = await send(mission, { task_id: mission.tasks[0]?.id });
    const early = await service.request<{ id: string; status: string }>('add_task', {
      mission_id: mission.id,
      task: { title: 'waits too', wait_for: { kind: 'email_reply', reference: mail.id } },
    });
    expect(early.status).to.equal('waiting_external');
    await service.handle(replied(mail, sarah), allReplied(mail));
    await becomes(mission, 'in_progress');
    await becomes(mission, 'completed', 2);
    const late = await service.request<{ status: string }>('add_task', {
      mission_id: mission.id,
      task: { title: 'comes late', wait_for: { kind: 'email_reply', reference: mail.id } },
    });
    expect(late.status).to.equal('completed');
  });

  it('of no mission is waited for all the same', async () => {
    const mission = await planned();
    const mail = { ...(await send(mission, { expect_reply: false })), id: newId(), mission_id: null };
    const task = { title: 'wait', wait_for: { kind: 'email_reply', reference: mail.id, until: 'any' } };
    await service.request('add_task', { mission_id: mission.id, task });
    await service.handle(replied(mail, sarah));
    await becomes(mission, 'completed', 1);
    expect((await historyOf(mission)).filter((it) => it.event_type === 'external_event')).to.deep.equal([]);
  });

  it('that reaches nobody ends the wait; its deadline too, and the bridge’s word is taken for it', async () => {
    const [lost, late] = [await awaiting(), await awaiting({ on_timeout: 'resume' })];
    await service.handle(bounced(lost.mail), expired(late.mail), expired(lost.mail));
    expect((await read(lost.mission)).tasks[0]).to.include({ status: 'failed', error: 'undeliverable' });
    expect((await read(late.mission)).tasks[0]).to.include({ status: 'in_progress', error: '' });
    const [ended] = await toldOf(lost.mission, 'mission.unblocked');
    expect(ended.metadata).to.deep.include({ key: `email_reply:${lost.mail.id}`, resolution: { by: 'unreachable' } });
  });

  it('whose mission ended says so to the bridge, and late replies are logged and nothing else', async () => {
    const { mission, mail } = await awaiting();
    await service.request('patch', { mission_id: mission.id, patch: { status: 'cancelled' } });
    const [ended] = await toldOf(mission, 'mission.unblocked');
    expect(ended.metadata).to.deep.include({ key: `email_reply:${mail.id}`, resolution: { by: 'cancelled' } });
    await service.handle(replied(mail, sarah), bounced(mail), expired(mail), allReplied(mail));
    const after = await read(mission);
    expect(after).to.include({ status: 'cancelled' });
    expect(after.tasks[0]?.status).to.equal('skipped');
    expect((await historyOf(mission)).slice(-2).map((it) => it.event_type)).to.deep.equal([
      'external_event',
      'external_event',
    ]);
  });

  it('is followed up without a change to who waits', async () => {
    const { mission, mail } = await awaiting();
    const asked = { mission_id: mission.id, of: followed(mail), follow_up: { body: 'Any news?' } };
    const first = await service.request<{ mail: RequestedMail; of: object }>('follow_up', asked, {
      idempotencyKey: 'remind',
    });
    expect(await service.request('follow_up', asked, { idempotencyKey: 'remind' })).to.deep.equal(first);
    expect(first.of).to.deep.equal(asked.of);
    expect(first.mail).to.include({ follow_up_of: mail.id, body: 'Any news?' });
    expect((await toldOf(mission, 'mission.email_requested')).map((told) => told.mail.id)).to.deep.equal([
      mail.id,
      first.mail.id,
    ]);
    await service.request('patch', { mission_id: mission.id, patch: { status: 'completed' } });
    expect(await codeOf(service.request('follow_up', asked))).to.equal('MISSION_CLOSED');
  });

  it('does not make a mission larger than it can be shown: long replies are cut, between characters', async () => {
    const { mission, mail } = await awaiting();
    await service.handle(allReplied(mail, '🙂'.repeat(50_000)));
    const { tasks } = await becomes(mission, 'in_progress');
    const signal = tasks[0]?.result['signal'] as
      { data: { replies: { untrusted: { body_text: string } }[] } } | undefined;
    const replies = signal?.data.replies ?? [];
    expect(replies).to.have.length(2);
    for (const { untrusted } of replies) {
      expect(untrusted.body_text.length).to.be.within(MAX_TEXT / 2 - 1, MAX_TEXT / 2);
      expect(untrusted.body_text.endsWith('🙂…')).to.equal(true);
    }
  });

  it('raced by its reply against a further wait for it 200 times, frees it exactly once', async () => {
    const race = async (round: number): Promise<void> => {
      const mission = await planned();
      const mail = await send(mission, { expect_reply: false });
      const open = () =>
        service.request('add_task', {
          mission_id: mission.id,
          task: { title: 'Hear', wait_for: { kind: 'email_reply', reference: mail.id } },
        });
      const hear = () => service.handle(replied(mail, sarah), allReplied(mail));
      // Either may start first; which one gets there first is up to the scheduler.
      await Promise.all(round % 2 ? [open(), hear()] : [hear(), open()]);
      await becomes(mission, 'completed', 1);
      expect(
        (await historyOf(mission)).filter((it) => it.event_type === 'unblocked'),
        `round ${round}`,
      ).to.have.length(1);
    };
    for (let round = 0; round < 200; round += 10)
      await Promise.all(Array.from({ length: 10 }, (_, at) => race(round + at)));
  });

  it('is answered for others who wait, and for later, also while its own mission is deleted', async () => {
    const { mission, mail } = await awaiting();
    const other = await planned([{ title: 'Hear too', wait_for: { kind: 'email_reply', reference: mail.id } }]);
    await ages(mission, mail);
    await ages(mission, mail);
    expect(await codeOf(read(mission))).to.equal('MISSION_NOT_FOUND');
    await service.handle(replied(mail, sarah), allReplied(mail));
    await becomes(other, 'completed');
    await service.request('restore', { mission_id: mission.id }, { caller: { kind: 'user' } });
    const task = { title: 'Hear it now', wait_for: { kind: 'email_reply', reference: mail.id } };
    expect(await service.request('add_task', { mission_id: mission.id, task })).to.include({ status: 'completed' });
    expect((await historyOf(mission)).filter((it) => it.event_type === 'external_event')).to.deep.equal([]);
  });

  it('goes with its mission when that is erased, the replies that were kept too', async () => {
    const { mission, mail } = await awaiting();
    await service.handle(replied(mail, sarah));
    const kept = async () =>
      (await service.db.pool.query('select 1 from signal where key = $1', [`email_reply:${mail.id}`])).rows.length;
    await ages(mission, mail);
    await ages(mission, mail);
    expect(await kept()).to.equal(1);
    await ages(mission, mail);
    expect(await kept()).to.equal(0);
    await service.handle(replied(mail, john), allReplied(mail), expired(mail));
    expect(await kept()).to.equal(0);
  });
});
