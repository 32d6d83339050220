import { VirtualClock } from '@missions/runtime/clock.ts';
import { expect } from 'chai';
import { refusal } from '@missions/service-kit/testing/service-under-test.ts';
import {
  missionErasedEvent,
  timerFiredEvent,
  incomingMessage,
  requestedEmail,
  emailRequestedEvent,
  type BridgeUnderTest,
  startBridgeUnderTest,
  unblockedEvent,
} from '../testing/bridge-under-test.ts';

describe('the erasure of a mission', () => {
  const clock = new VirtualClock(new Date('2026-06-01T12:00:00Z'));
  let service: BridgeUnderTest;
  beforeEach(async () => {
    service = await startBridgeUnderTest(clock);
  });
  afterEach(() => service.stop());
  const counts = async () =>
    Object.fromEntries(
      await Promise.all(
        ['email', 'message', 'reply_address', 'reply', 'outbox', 'idempotency', 'erased_mission'].map(async (table) => [
          table,
          await service.countRows(table),
        ]),
      ),
    );

  it("leaves nothing but the mission's id, and a late event or request does not bring an e-mail back", async () => {
    const requested = requestedEmail(clock.now());
    const other = requestedEmail(clock.now());
    const event = emailRequestedEvent(requested);
    await service.handle(event, emailRequestedEvent(other));
    const { reply_to } = await service.request('get', { tracking_id: requested.id });
    const reply = incomingMessage({ addressed_to: [reply_to] });
    await service.receive(reply);
    await service.request('check_replies', { tracking_ids: [requested.id] }, { idempotencyKey: 'one' });
    await service.request('check_replies', { tracking_ids: [other.id] }, { idempotencyKey: 'other' });
    await service.db.pool.query('update outbox set published_at = now() where mission_id = $1', [requested.mission_id]);
    expect(await counts()).to.deep.equal({
      email: 2,
      message: 2,
      reply_address: 4,
      reply: 1,
      outbox: 3,
      idempotency: 2,
      erased_mission: 0,
    });
    await service.handle(missionErasedEvent(requested));
    const left = { email: 1, message: 1, reply_address: 2, reply: 0, outbox: 1, idempotency: 1, erased_mission: 1 };
    expect(await counts()).to.deep.equal(left);

    await service.handle(
      event,
      { ...event, id: requestedEmail(clock.now()).id },
      unblockedEvent(requested),
      timerFiredEvent(requested),
      missionErasedEvent(requested),
    );
    expect((await refusal(service.request('ensure', requested))).code).to.equal('MISSION_NOT_FOUND');
    expect(await service.receive(reply)).to.deep.equal([]);
    expect(await counts()).to.deep.equal(left);
    expect((await refusal(service.request('get', { tracking_id: requested.id }))).code).to.equal('EMAIL_NOT_FOUND');
  });

  it('wins against a request, by event or call, of the same moment', async () => {
    const emails = Array.from({ length: 30 }, () => requestedEmail(clock.now()));
    await Promise.allSettled(
      emails.flatMap((requested) => [
        service.handle(emailRequestedEvent(requested)),
        service.request('ensure', requested),
        service.handle(missionErasedEvent(requested)),
      ]),
    );
    expect(await counts()).to.include({ email: 0, message: 0, erased_mission: 30 });
  });

  it('has no effect on the e-mails of another customer', async () => {
    const requested = requestedEmail(clock.now());
    await service.handle(emailRequestedEvent(requested), { ...missionErasedEvent(requested), customer_id: 'globex' });
    expect(await service.countRows('email')).to.equal(1);
  });
});
