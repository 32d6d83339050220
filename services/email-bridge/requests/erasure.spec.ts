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

describe('the erasure of a mission', function () {
  this.timeout(20_000);
  const clock = new VirtualClock(new Date('2026-06-01T12:00:00Z'));
  let service: BridgeUnderTest;
  beforeEach(async () => {
    service = await startBridgeUnderTest(clock);
  });
  afterEach(() => service.stop());
  const counts = async () =>
    Object.fromEntries(
      await Promise.all(
        ['email', 'message', 'reply', 'outbox', 'idempotency', 'erased_mission'].map(async (table) => [
          table,
          await service.countRows(table),
        ]),
      ),
    );

  it('leaves its id, and nothing else of it; nothing late brings it back', async () => {
    const it = requestedEmail(clock.now());
    const other = requestedEmail(clock.now());
    const event = emailRequestedEvent(it);
    await service.handle(event, emailRequestedEvent(other));
    const { reply_to } = await service.request('get', { tracking_id: it.id });
    const reply = incomingMessage({ addressed_to: [reply_to] });
    await service.receive(reply);
    await service.request('check_replies', { tracking_ids: [it.id] }, { idempotencyKey: 'one' });
    await service.request('check_replies', { tracking_ids: [other.id] }, { idempotencyKey: 'other' });
    await service.db.pool.query('update outbox set published_at = now() where mission_id = $1', [it.mission_id]);
    expect(await counts()).to.deep.equal({
      email: 2,
      message: 2,
      reply: 1,
      outbox: 3,
      idempotency: 2,
      erased_mission: 0,
    });
    await service.handle(missionErasedEvent(it));
    const left = { email: 1, message: 1, reply: 0, outbox: 1, idempotency: 1, erased_mission: 1 };
    expect(await counts()).to.deep.equal(left);

    await service.handle(
      event,
      { ...event, id: requestedEmail(clock.now()).id },
      unblockedEvent(it),
      timerFiredEvent(it),
      missionErasedEvent(it),
    );
    expect((await refusal(service.request('ensure', it))).code).to.equal('MISSION_NOT_FOUND');
    expect(await service.receive(reply)).to.deep.equal([]);
    expect(await counts()).to.deep.equal(left);
    expect((await refusal(service.request('get', { tracking_id: it.id }))).code).to.equal('EMAIL_NOT_FOUND');
  });

  it('wins against what comes at the same time', async () => {
    const mails = Array.from({ length: 30 }, () => requestedEmail(clock.now()));
    await Promise.allSettled(
      mails.flatMap((it) => [
        service.handle(emailRequestedEvent(it)),
        service.request('ensure', it),
        service.handle(missionErasedEvent(it)),
      ]),
    );
    expect(await counts()).to.include({ email: 0, message: 0, erased_mission: 30 });
  });

  it("is not another customer's to ask for", async () => {
    const it = requestedEmail(clock.now());
    await service.handle(emailRequestedEvent(it), { ...missionErasedEvent(it), customer_id: 'globex' });
    expect(await service.countRows('email')).to.equal(1);
  });
});
