import { expect } from 'chai';
import { VirtualClock } from '@missions/runtime/clock.ts';
import { refusal } from '@missions/service-kit/testing/service-under-test.ts';
import {
  incomingMessage,
  requestedEmail,
  emailRequestedEvent,
  type BridgeUnderTest,
  signalledEvent,
  startBridgeUnderTest,
  unblockedEvent,
} from '../testing/bridge-under-test.ts';

describe('an e-mail that a mission requests', () => {
  const clock = new VirtualClock(new Date('2026-06-01T12:00:00Z'));
  let service: BridgeUnderTest;
  before(async () => {
    service = await startBridgeUnderTest(clock);
  });
  after(() => service.stop());

  it('is queued once, by the request or by the event', async () => {
    const requested = requestedEmail(clock.now());
    const event = emailRequestedEvent(requested);
    const answers = await Promise.all([
      service.request('ensure', requested),
      service.handle(event),
      service.request('ensure', requested),
      service.handle(event, event),
    ]);
    expect(answers[0]).to.deep.equal(answers[2]);
    expect(answers[0]).to.include({
      status: 'queued',
      mission_id: requested.mission_id,
      id: requested.id,
      tracking_id: requested.id,
    });
    expect(await service.eventTypes(requested.id)).to.deep.equal(['scheduler.timer_set_email']);
    expect((await service.eventsAbout(requested.id))[0]?.data).to.deep.include({
      key: `email:${requested.id}`,
      fire_at: requested.expires_at,
      revision: 1,
      payload: { tracking_id: requested.id },
    });
  });

  it('has no timer if no reply is expected', async () => {
    const requested = requestedEmail(clock.now(), { expect_reply: false, expected_recipients: [] });
    expect(await service.request('ensure', requested)).to.include({ expires_at: null });
    expect(await service.eventTypes(requested.id)).to.deep.equal([]);
  });

  it('is not sent if its cancellation arrived first', async () => {
    const requested = requestedEmail(clock.now());
    await service.handle(unblockedEvent(requested));
    expect((await refusal(service.request('get', { tracking_id: requested.id }))).code).to.equal('EMAIL_NOT_FOUND');
    expect(await service.request('ensure', requested)).to.include({ status: 'cancelled', body_text: requested.body });
    await service.handle(emailRequestedEvent(requested));
    expect(await service.eventTypes(requested.id)).to.deep.equal([]);
    expect(
      (await service.db.pool.query('select 1 from message where email_id = $1', [requested.id])).rowCount,
    ).to.equal(0);
  });

  it('is not cancelled if the wait of another mission ends, or its own ends by reply or deadline', async () => {
    const requested = requestedEmail(clock.now());
    await service.request('ensure', requested);
    await service.handle(
      unblockedEvent({ ...requested, mission_id: requestedEmail(clock.now()).mission_id }),
      unblockedEvent(requested, 'signal'),
      unblockedEvent(requested, 'timeout'),
      unblockedEvent(requested, 'cancelled', `human_input:${requested.id}`),
    );
    expect(await service.request('get', { tracking_id: requested.id })).to.include({ status: 'queued' });
  });

  it("is cancelled with its own wait, also by an event without wait_id, and not with another task's", async () => {
    const both = [requestedEmail(clock.now()), requestedEmail(clock.now())] as const;
    const key = `email_reply:${both[0].id}`;
    for (const requested of both) await service.request('ensure', requested);
    await service.handle(
      unblockedEvent(both[0], 'cancelled', key, requestedEmail(clock.now()).id),
      unblockedEvent(both[0], 'hand', key, requestedEmail(clock.now()).id),
    );
    expect(await service.request('get', { tracking_id: both[0].id })).to.include({ status: 'queued' });
    await service.handle(unblockedEvent(both[0]), unblockedEvent(both[1], 'hand', `email_reply:${both[1].id}`, null));
    for (const requested of both)
      expect(await service.request('get', { tracking_id: requested.id })).to.include({ status: 'cancelled' });
  });

  it('is cancelled if a signal that is none of its replies ends its wait', async () => {
    const [received, outside, any, all, another, old] = [
      requestedEmail(clock.now()),
      requestedEmail(clock.now()),
      requestedEmail(clock.now(), { until: 'any' }),
      requestedEmail(clock.now()),
      requestedEmail(clock.now()),
      requestedEmail(clock.now()),
    ];
    for (const requested of [received, outside, any, all, another, old]) await service.request('ensure', requested);
    await service.receive(
      incomingMessage({ addressed_to: [(await service.request('get', { tracking_id: any.id }))['reply_to']] }),
    );
    const reply = (await service.request('get', { tracking_id: any.id }))['replies'][0].id;
    await service.handle(
      signalledEvent(received, requestedEmail(clock.now()).id),
      signalledEvent(outside, 'crm "42"'),
      signalledEvent(any, reply),
      signalledEvent(all, `all:${all.id}`),
      signalledEvent(another, 'x', requestedEmail(clock.now()).id),
      signalledEvent(old, 'x', null),
    );
    const statuses = await Promise.all(
      [received, outside, any, all, another, old].map(
        async (requested) => (await service.request('get', { tracking_id: requested.id }))['status'],
      ),
    );
    expect(statuses).to.deep.equal(['cancelled', 'cancelled', 'some_replied', 'queued', 'queued', 'queued']);
    expect(await service.eventTypes(received.id)).to.deep.equal([
      'scheduler.timer_set_email',
      'email.withdrawn',
      'scheduler.timer_cancelled_email',
    ]);
  });

  it('is a follow-up with follow_up_of, once for the request and the event', async () => {
    const requested = requestedEmail(clock.now());
    await service.request('ensure', requested);
    await service.db.pool.query(`update email set status = 'awaiting_reply', sent_at = now() where id = $1`, [
      requested.id,
    ]);
    const further = requestedEmail(clock.now(), {
      mission_id: requested.mission_id,
      follow_up_of: requested.id,
      to: [],
      expected_recipients: [],
      subject: '',
      body: '',
    });
    await service.handle(emailRequestedEvent(further));
    expect(await service.request('ensure', further)).to.include({
      id: requested.id,
      status: 'followup_sent',
      follow_ups: 1,
    });
    const unknown = requestedEmail(clock.now(), { follow_up_of: further.id });
    expect((await refusal(service.request('ensure', unknown))).code).to.equal('EMAIL_NOT_FOUND');
    await service.handle(emailRequestedEvent(unknown));
  });

  it('is refused if the caller is another customer or user', async () => {
    const requested = requestedEmail(clock.now());
    for (const caller of [{ customer_id: 'globex' }, { user_id: 'bob' }])
      expect((await refusal(service.request('ensure', requested, { caller }))).code).to.equal('FORBIDDEN');
  });
});
