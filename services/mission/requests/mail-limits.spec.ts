import { expect } from 'chai';
import type { RequestedMail } from '@missions/contracts/email/email.ts';
import type { MissionDetail } from '@missions/contracts/mission/representation.ts';
import { VirtualClock } from '@missions/runtime/clock.ts';
import { newId } from '@missions/runtime/id.ts';
import { refusal, type RequestAs } from '@missions/service-kit/testing/service-under-test.ts';
import { type MissionUnderTest, startMissionUnderTest } from '../testing/service.ts';

const HOUR = 3_600_000;

describe('limits of mail', () => {
  let service: MissionUnderTest;
  const noon = new Date('2026-06-01T12:00:00Z');
  const clock = new VirtualClock(noon);
  before(async () => {
    service = await startMissionUnderTest(clock);
  });
  after(() => service.stop());
  beforeEach(async () => {
    clock.set(noon);
    await service.db.pool.query('delete from mail_day; delete from mail_follow_up');
  });

  const strangers = (count: number) => Array.from({ length: count }, (_, index) => `s${index}@example.com`);
  const letter = (to: string[], more: object = {}) => ({ to, subject: 'Q1', body: 'When?', ...more });
  const createMission = (as: RequestAs = {}) => service.request<MissionDetail>('create', { title: 'Meeting' }, as);
  const send = (mission: { id: string }, to: string[], as: RequestAs = {}, more: object = {}) =>
    service.request<RequestedMail>('email', { mission_id: mission.id, email: letter(to, more) }, as);
  const sendAlone = (to: string[], as: RequestAs = {}) =>
    service.request('count_recipients', { email: letter(to) }, as);
  const counted = async () => {
    const { rows } = await service.db.pool.query(
      "select coalesce(sum(recipients), 0)::int as n from mail_day where scope = 'user'",
    );
    return rows[0].n;
  };
  const mailsOf = async (mission: { id: string }) => {
    const sql = "select count(*)::int as n from outbox where mission_id = $1 and type = 'mission.email_requested'";
    return (await service.db.pool.query(sql, [mission.id])).rows[0].n;
  };

  it('of 250 sends of one user at once, 200 recipients get mail', async () => {
    const missions = await Promise.all(Array.from({ length: 10 }, () => createMission()));
    const sends = Array.from({ length: 250 }, (_, index) =>
      send(missions[index % 10] as MissionDetail, [`r${index}@example.com`]),
    );
    const results = await Promise.allSettled(sends);
    expect(results.filter(({ status }) => status === 'fulfilled')).to.have.length(200);
    expect(await counted()).to.equal(200);
    const mails = await Promise.all(missions.map(mailsOf));
    expect(mails.reduce((sum, one) => sum + one, 0)).to.equal(200);
  });

  it('a refusal says the limit, what is left, when it renews and how to go on, and counts nothing', async () => {
    const mission = await createMission();
    for (const count of [100, 90]) await send(mission, strangers(count));
    const { code, detail, members } = await refusal(send(mission, strangers(11)));
    expect(code).to.equal('RATE_LIMITED');
    expect(members).to.deep.equal({
      scope: 'user',
      limit: 200,
      left: 10,
      resets_at: '2026-06-02T00:00:00.000Z',
      retry_after: 12 * 3_600,
    });
    expect(detail).to.match(/10 are left.*2026-06-02T00:00:00.*fewer recipients/s);
    expect(await counted()).to.equal(190);
    await send(mission, strangers(10));
  });

  it('counts each address once, and copies too', async () => {
    await send(
      await createMission(),
      ['a@example.com', 'A@Example.com'],
      {},
      { cc: ['b@example.com'], bcc: ['c@example.com'] },
    );
    expect(await counted()).to.equal(3);
  });

  it('a repeated call counts once, and mail that is refused counts nothing', async () => {
    const mission = await createMission();
    for (let time = 0; time < 3; time++) await send(mission, strangers(2), { idempotencyKey: 'once' });
    for (let time = 0; time < 3; time++) await sendAlone(strangers(3), { idempotencyKey: 'alone' });
    expect(await counted()).to.equal(5);
    await refusal(
      send(mission, ['a@example.com'], {}, { expected_recipients: ['other@example.com'], expect_reply: true }),
    );
    await service.request('patch', { mission_id: mission.id, patch: { status: 'cancelled' } });
    await refusal(send(mission, ['a@example.com']));
    expect(await counted()).to.equal(5);
  });

  it('mail of no mission takes from the same count', async () => {
    await send(await createMission(), strangers(100));
    await sendAlone(strangers(100));
    expect((await refusal(sendAlone(strangers(1)))).members).to.include({ scope: 'user', left: 0 });
  });

  it('the count starts anew with the day in UTC', async () => {
    for (let time = 0; time < 2; time++) await sendAlone(strangers(100));
    clock.set(new Date('2026-06-01T23:59:59Z'));
    expect((await refusal(sendAlone(strangers(1)))).members).to.include({ retry_after: 1 });
    clock.set(new Date('2026-06-02T00:00:00Z'));
    await sendAlone(strangers(100));
  });

  it('an agent reaches 1,000 recipients a day and a customer 2,000, whatever their users', async () => {
    const as = (user_id: string, agent_id: string): RequestAs => ({ caller: { user_id, agent_id } });
    for (let n = 0; n < 10; n++) await sendAlone(strangers(100), as(`u${n}`, 'mailer'));
    expect((await refusal(sendAlone(strangers(1), as('another', 'mailer')))).members).to.include({
      scope: 'agent',
      limit: 1_000,
    });
    for (let n = 0; n < 10; n++) await sendAlone(strangers(100), as(`v${n}`, 'other'));
    expect((await refusal(sendAlone(strangers(1), as('one more', 'third')))).members).to.include({
      scope: 'customer',
      limit: 2_000,
    });
    await sendAlone(strangers(1), { caller: { customer_id: 'globex', user_id: 'hank', agent_id: 'mailer' } });
  });

  it('an e-mail is followed up once in 4 hours, also when several ask at once, and a follow-up counts its recipients', async () => {
    const mission = await createMission();
    const mail = await send(mission, strangers(3), {}, { expect_reply: true });
    const { body, reply_to_message_id: _to, follow_up_of: _of, ...rest } = mail;
    const of = {
      ...rest,
      tracking_id: mail.id,
      message_id: '<1@example.com>',
      thread_id: '<1@example.com>',
      from: '',
      reply_to: '',
      body_text: body,
      status: 'awaiting_reply',
      pending_from: strangers(2),
      received_from: [],
      bounced: [],
      follow_ups: 0,
      last_follow_up_at: null,
      last_error: '',
      sent_at: null,
      updated_at: mail.created_at,
    };
    const followUp = () => service.request('follow_up', { mission_id: mission.id, of, follow_up: {} });
    const results = await Promise.allSettled(Array.from({ length: 20 }, followUp));
    expect(results.filter(({ status }) => status === 'fulfilled')).to.have.length(1);
    expect(await counted()).to.equal(5);
    const { code, detail, members } = await refusal(followUp());
    expect(code).to.equal('RATE_LIMITED');
    expect(members).to.deep.equal({ retry_after: 4 * 3_600, resets_at: '2026-06-01T16:00:00.000Z' });
    expect(detail).to.contain('2026-06-01T16:00:00.000Z');
    clock.set(new Date(noon.getTime() + 4 * HOUR));
    await followUp();
    const alone = { ...of, id: newId(), tracking_id: newId(), mission_id: null };
    await service.request('count_follow_up', { of: alone });
    expect((await refusal(service.request('count_follow_up', { of: alone }))).code).to.equal('RATE_LIMITED');
    expect(await counted()).to.equal(9);
  });
});
