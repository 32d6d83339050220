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

/** There is no email-bridge here: the test makes its events. */
describe('e-mail for a mission', () => {
  let service: MissionUnderTest;
  const clock = new VirtualClock(new Date('2026-06-01T12:00:00Z'));
  before(async () => {
    // A poll interval so long that a delivery happens only because the store of its signal has woken the loop.
    service = await startMissionUnderTest(clock, 60_000, { MAIL_RECIPIENTS_PER_DAY: '10000' });
  });
  after(() => service.stop());

  const [sarah, john] = ['sarah@example.com', 'john@example.com'];
  const letter = { to: [sarah, john], subject: 'Q1', body: 'When?', expect_reply: true };
  const createMission = (tasks: object[] = [{ title: 'Ask them' }]) =>
    service.request<MissionDetail>('create', { title: 'Meeting', tasks });
  const read = ({ id }: { id: string }) => service.request<MissionDetail>('get', { mission_id: id });
  const send = ({ id }: { id: string }, more: object = {}, key?: string) =>
    service.request<RequestedMail>('email', { mission_id: id, email: { ...letter, ...more } }, { idempotencyKey: key });
  const historyOf = async ({ id }: { id: string }) =>
    (await service.request<{ events: MissionEvent[] }>('list_events', { mission_id: id, filter: { limit: 200 } }))
      .events;
  const eventsOf = async ({ id }: { id: string }, type: string) =>
    (
      await service.db.pool.query('select data from outbox where mission_id = $1 and type = $2 order by position', [
        id,
        type,
      ])
    ).rows.map((row) => row.data);
  const awaitReplies = async (more: object = {}) => {
    const mission = await createMission();
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
      { what: status },
    );
  const trackedEmail = ({ body, reply_to_message_id: _to, follow_up_of: _of, ...mail }: RequestedMail) => ({
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
  /** Delivers the timer of the mission's next life deadline. */
  const reachLifeDeadline = async (mission: { id: string }, mail: RequestedMail) => {
    const [next] = (
      await service.db.pool.query(
        `select data -> 'mission' ->> 'life_deadline_at' as at from outbox
          where mission_id = $1 and data::jsonb ? 'mission' order by position desc limit 1`,
        [mission.id],
      )
    ).rows;
    clock.set(new Date(next.at));
    const timer = {
      owner: 'mission',
      key: `life:${mission.id}`,
      revision: 1,
      fire_at: next.at,
      fired_at: next.at,
      payload: { life: true },
    };
    await service.handle(event('timer.mission', mail, timer));
  };
  const codeOf = (attempt: Promise<unknown>) =>
    attempt.then(
      () => 'done',
      (error: unknown) => (error as Problem).code,
    );

  it('one commit writes the wait, the history and the event with the e-mail, and no timer', async () => {
    const { mission, mail } = await awaitReplies();
    const now = await read(mission);
    expect(now).to.include({ status: 'waiting', blocked_by: `email_reply:${mail.id}` });
    expect(now.blockers[0]).to.include({ kind: 'email_reply', task_id: now.tasks[0]?.id, until_at: mail.expires_at });
    const [requested] = await eventsOf(mission, 'mission.email_requested');
    expect(requested.mail).to.deep.equal(mail);
    expect(requested.metadata).to.include({ key: now.blocked_by, tracking_id: mail.id });
    expect(await eventsOf(mission, 'scheduler.timer_set_mission')).to.deep.equal([]);
    // A task that waits for the same e-mail without having sent it has a deadline of the mission service's own.
    await service.request('add_task', {
      mission_id: mission.id,
      task: { title: 'too', wait_for: { kind: 'email_reply', reference: mail.id } },
    });
    expect(await eventsOf(mission, 'scheduler.timer_set_mission')).to.have.length(1);
  });

  it('an idempotency key sends one e-mail, and only the mission’s user and customer may send it', async () => {
    const mission = await createMission();
    const [first, again] = [await send(mission, {}, 'once'), await send(mission, {}, 'once')];
    expect(again).to.deep.equal(first);
    expect(await eventsOf(mission, 'mission.email_requested')).to.have.length(1);
    expect(
      await codeOf(service.request('email', { mission_id: mission.id, email: letter }, { caller: { user_id: 'eve' } })),
    ).to.equal('MISSION_NOT_FOUND');
    expect(
      await codeOf(
        service.request(
          'follow_up',
          { mission_id: mission.id, of: trackedEmail(first), follow_up: {} },
          { caller: { customer_id: 'other' } },
        ),
      ),
    ).to.equal('MISSION_NOT_FOUND');
  });

  it('the resume bundle leaves the e-mails to the gateway once one was sent', async () => {
    const mission = await createMission();
    const bundle = () => service.request<ResumeBundle>('resume', { mission_id: mission.id, conversation_id: 'b' });
    expect((await bundle()).emails).to.deep.equal([]);
    await send(mission, { expect_reply: false });
    const { emails, mission: shown } = await bundle();
    expect(emails).to.equal(null);
    expect(shown).to.not.have.property('mailed');
  });

  it('the task goes on with all replies when everybody has replied, and each reply is in the history', async () => {
    const { mission, mail } = await awaitReplies();
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

  it('a wait until any goes on with the first reply', async () => {
    const { mission, mail } = await awaitReplies({ until: 'any' });
    await service.handle(replied(mail, sarah));
    const { tasks } = await becomes(mission, 'in_progress');
    expect(tasks[0]?.result['signal'])
      .to.deep.include({ final: false })
      .and.to.have.nested.property('data.reply.from_address', sarah);
  });

  it('a wait until any does not fail at its deadline if somebody replied before, even in the same batch', async () => {
    const { mission, mail } = await awaitReplies({ until: 'any' });
    // As after an outage: the signal is not delivered yet when the deadline is reported.
    await service.handle(replied(mail, sarah), expired(mail, [sarah]));
    const { tasks } = await becomes(mission, 'in_progress');
    expect(tasks[0]?.result['signal']).to.have.nested.property('data.reply.from_address', sarah);
    const all = await awaitReplies();
    await service.handle(replied(all.mail, sarah), expired(all.mail, [sarah]));
    expect((await read(all.mission)).tasks[0]).to.include({ status: 'failed', error: 'timeout' });
  });

  it('the end of each wait names that wait, so that the bridge serves the e-mail until its own wait ends', async () => {
    const { mission, mail } = await awaitReplies();
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
    const [others, own] = await eventsOf(mission, 'mission.unblocked');
    expect(others.metadata).to.include({ key: `email_reply:${mail.id}` });
    expect(others.metadata.wait_id).to.be.a('string').and.not.to.equal(mail.id);
    expect(own.metadata).to.include({ key: `email_reply:${mail.id}`, wait_id: mail.id });
  });

  it('events that are delivered three times have one effect', async () => {
    const { mission, mail } = await awaitReplies();
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

  it('the replies free every task that waits for them, now or later', async () => {
    const mission = await createMission([
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

  it('a mission may wait for replies to an e-mail of no mission', async () => {
    const mission = await createMission();
    const mail = { ...(await send(mission, { expect_reply: false })), id: newId(), mission_id: null };
    const task = { title: 'wait', wait_for: { kind: 'email_reply', reference: mail.id, until: 'any' } };
    await service.request('add_task', { mission_id: mission.id, task });
    await service.handle(replied(mail, sarah));
    await becomes(mission, 'completed', 1);
    expect((await historyOf(mission)).filter((it) => it.event_type === 'external_event')).to.deep.equal([]);
  });

  it('an undeliverable e-mail and an expired deadline end the wait', async () => {
    const [lost, late] = [await awaitReplies(), await awaitReplies({ on_timeout: 'resume' })];
    await service.handle(bounced(lost.mail), expired(late.mail), expired(lost.mail));
    expect((await read(lost.mission)).tasks[0]).to.include({ status: 'failed', error: 'undeliverable' });
    expect((await read(late.mission)).tasks[0]).to.include({ status: 'in_progress', error: '' });
    const [ended] = await eventsOf(lost.mission, 'mission.unblocked');
    expect(ended.metadata).to.deep.include({ key: `email_reply:${lost.mail.id}`, resolution: { by: 'unreachable' } });
  });

  it('the end of a mission cancels the wait, and late replies are only logged', async () => {
    const { mission, mail } = await awaitReplies();
    await service.request('patch', { mission_id: mission.id, patch: { status: 'cancelled' } });
    const [ended] = await eventsOf(mission, 'mission.unblocked');
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

  it('a follow-up changes no wait', async () => {
    const { mission, mail } = await awaitReplies();
    const followUp = { mission_id: mission.id, of: trackedEmail(mail), follow_up: { body: 'Any news?' } };
    const first = await service.request<{ mail: RequestedMail; of: object }>('follow_up', followUp, {
      idempotencyKey: 'remind',
    });
    expect(await service.request('follow_up', followUp, { idempotencyKey: 'remind' })).to.deep.equal(first);
    expect(first.of).to.deep.equal(followUp.of);
    expect(first.mail).to.include({ follow_up_of: mail.id, body: 'Any news?' });
    expect((await eventsOf(mission, 'mission.email_requested')).map((event) => event.mail.id)).to.deep.equal([
      mail.id,
      first.mail.id,
    ]);
    await service.request('patch', { mission_id: mission.id, patch: { status: 'completed' } });
    expect(await codeOf(service.request('follow_up', followUp))).to.equal('MISSION_CLOSED');
  });

  it('long replies are cut between characters, so that the mission stays small enough to be shown', async () => {
    const { mission, mail } = await awaitReplies();
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

  it('a reply and a further wait for it, raced 200 times, end the wait exactly once', async () => {
    const race = async (round: number): Promise<void> => {
      const mission = await createMission();
      const mail = await send(mission, { expect_reply: false });
      const open = () =>
        service.request('add_task', {
          mission_id: mission.id,
          task: { title: 'Hear', wait_for: { kind: 'email_reply', reference: mail.id } },
        });
      const reply = () => service.handle(replied(mail, sarah), allReplied(mail));
      // Either may start first; the operating system decides which one arrives first.
      await Promise.all(round % 2 ? [open(), reply()] : [reply(), open()]);
      await becomes(mission, 'completed', 1);
      expect(
        (await historyOf(mission)).filter((it) => it.event_type === 'unblocked'),
        `round ${round}`,
      ).to.have.length(1);
    };
    for (let round = 0; round < 200; round += 10)
      await Promise.all(Array.from({ length: 10 }, (_, at) => race(round + at)));
  });

  it('replies to a deleted mission’s e-mail free others, and the mission itself once it is restored', async () => {
    const { mission, mail } = await awaitReplies();
    const other = await createMission([{ title: 'Hear too', wait_for: { kind: 'email_reply', reference: mail.id } }]);
    await reachLifeDeadline(mission, mail);
    await reachLifeDeadline(mission, mail);
    expect(await codeOf(read(mission))).to.equal('MISSION_NOT_FOUND');
    await service.handle(replied(mail, sarah), allReplied(mail));
    await becomes(other, 'completed');
    await service.request('restore', { mission_id: mission.id }, { caller: { kind: 'user' } });
    const task = { title: 'Hear it now', wait_for: { kind: 'email_reply', reference: mail.id } };
    expect(await service.request('add_task', { mission_id: mission.id, task })).to.include({ status: 'completed' });
    expect((await historyOf(mission)).filter((it) => it.event_type === 'external_event')).to.deep.equal([]);
  });

  it('the erasure of a mission deletes the stored replies to its e-mails', async () => {
    const { mission, mail } = await awaitReplies();
    await service.handle(replied(mail, sarah));
    const storedSignals = async () =>
      (await service.db.pool.query('select 1 from signal where key = $1', [`email_reply:${mail.id}`])).rows.length;
    await reachLifeDeadline(mission, mail);
    await reachLifeDeadline(mission, mail);
    expect(await storedSignals()).to.equal(1);
    await reachLifeDeadline(mission, mail);
    expect(await storedSignals()).to.equal(0);
    await service.handle(replied(mail, john), allReplied(mail), expired(mail));
    expect(await storedSignals()).to.equal(0);
  });
});
