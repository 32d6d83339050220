import { VirtualClock } from '@missions/runtime/clock.ts';
import { expect } from 'chai';
import { refusal } from '../testing/refusal.ts';
import {
  erased,
  fired,
  incoming,
  mail,
  requested,
  type ServiceUnderTest,
  startServiceUnderTest,
  unblocked,
} from '../testing/service.ts';

describe('the erasure of a mission', function () {
  this.timeout(20_000);
  const clock = new VirtualClock(new Date('2026-06-01T12:00:00Z'));
  let service: ServiceUnderTest;
  beforeEach(async () => {
    service = await startServiceUnderTest(clock);
  });
  afterEach(() => service.stop());
  const counts = async () =>
    Object.fromEntries(
      await Promise.all(
        ['email', 'message', 'reply', 'outbox', 'idempotency', 'erased_mission'].map(async (table) => [
          table,
          await service.count(table),
        ]),
      ),
    );

  it('leaves its id, and nothing else of it; nothing late brings it back', async () => {
    const it = mail(clock.now());
    const other = mail(clock.now());
    const event = requested(it);
    await service.hear(event, requested(other));
    const { reply_to } = await service.ask('get', { tracking_id: it.id });
    const reply = incoming({ addressed_to: [reply_to] });
    await service.receive(reply);
    await service.ask('check_replies', { tracking_ids: [it.id] }, {}, 'one');
    await service.ask('check_replies', { tracking_ids: [other.id] }, {}, 'other');
    await service.db.pool.query('update outbox set published_at = now() where mission_id = $1', [it.mission_id]);
    expect(await counts()).to.deep.equal({
      email: 2,
      message: 2,
      reply: 1,
      outbox: 3,
      idempotency: 2,
      erased_mission: 0,
    });
    await service.hear(erased(it));
    const left = { email: 1, message: 1, reply: 0, outbox: 1, idempotency: 1, erased_mission: 1 };
    expect(await counts()).to.deep.equal(left);

    await service.hear(event, { ...event, id: mail(clock.now()).id }, unblocked(it), fired(it), erased(it));
    expect((await refusal(service.ask('ensure', it))).code).to.equal('MISSION_NOT_FOUND');
    expect(await service.receive(reply)).to.deep.equal([]);
    expect(await counts()).to.deep.equal(left);
    expect((await refusal(service.ask('get', { tracking_id: it.id }))).code).to.equal('EMAIL_NOT_FOUND');
  });

  it('wins against what comes at the same time', async () => {
    const mails = Array.from({ length: 30 }, () => mail(clock.now()));
    await Promise.allSettled(
      mails.flatMap((it) => [service.hear(requested(it)), service.ask('ensure', it), service.hear(erased(it))]),
    );
    expect(await counts()).to.include({ email: 0, message: 0, erased_mission: 30 });
  });

  it("is not another customer's to ask for", async () => {
    const it = mail(clock.now());
    await service.hear(requested(it), { ...erased(it), customer_id: 'globex' });
    expect(await service.count('email')).to.equal(1);
  });
});
