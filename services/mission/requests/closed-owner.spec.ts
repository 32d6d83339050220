import { expect } from 'chai';
import { emailOutcomes } from '@missions/contracts/email/events.ts';
import type { RequestedMail } from '@missions/contracts/email/email.ts';
import type { EventEnvelope } from '@missions/contracts/event.ts';
import type { MissionDetail } from '@missions/contracts/mission/representation.ts';
import { closeOwner, readmitOwner } from '@missions/persistence/holdings/closed-owners.ts';
import { VirtualClock } from '@missions/runtime/clock.ts';
import { newId } from '@missions/runtime/id.ts';
import { type MissionUnderTest, startMissionUnderTest } from '../testing/service.ts';

const sarah = 'sarah@example.com';

describe('the missions of a user who is closed and not yet erased', () => {
  const clock = new VirtualClock(new Date('2026-06-01T12:00:00Z'));
  const gone = { customer_id: 'acme', user_id: 'gil' };
  let service: MissionUnderTest;
  before(async () => {
    service = await startMissionUnderTest(clock);
  });
  after(() => service.stop());

  const as = (user_id: string) => ({ caller: { user_id } });
  const waiting = async (user: string): Promise<RequestedMail> => {
    const { id } = await service.request<MissionDetail>('create', { title: 'Meeting' }, as(user));
    const email = { to: [sarah], subject: 'Q1', body: 'When?', expect_reply: true };
    return await service.request<RequestedMail>('email', { mission_id: id, email }, as(user));
  };
  const replied = ({ id: tracking_id, ...mail }: RequestedMail): EventEnvelope => {
    const { customer_id, user_id, mission_id, task_id, subject } = mail;
    const about = { customer_id, user_id, mission_id: mission_id ?? '' };
    const at = clock.now().toISOString();
    const untrusted = { from_name: '', snippet: 'Tuesday', body_text: 'Tuesday' };
    const reply = { id: newId(), tracking_id, kind: 'reply', from_address: sarah, received_at: at };
    return {
      ...{ id: newId(), type: emailOutcomes.allReplied, source: '/services/email-bridge', time: at, ...about },
      ...{ version: 2, index: 0 },
      data: {
        ...{ ...about, task_id, tracking_id, subject, status: 'all_replied', recipients: [] },
        ...{ pending_from: [], received_from: [sarah], bounced: [] },
        replies: [{ ...reply, notified_at: null, parsed_response: null, untrusted }],
      },
    };
  };
  const signalsOf = async (user: string): Promise<number> =>
    (await service.db.pool.query('select from signal where user_id = $1', [user])).rowCount ?? -1;

  it('take in no event that would store something of that user, which is no fault and stays so; others take theirs', async () => {
    const [mine, other] = [await waiting('gil'), await waiting('ada')];
    const late = replied(mine);
    await closeOwner({ url: service.databaseUrl, schema: 'mission' }, gone);
    await service.handle(late);
    await service.handle(replied(other));
    expect([await signalsOf('gil'), await signalsOf('ada')]).to.deep.equal([0, 1]);
    await readmitOwner({ url: service.databaseUrl, schema: 'mission' }, gone);
    await service.handle(late);
    expect(await signalsOf('gil'), 'it was taken for handled').to.equal(0);
  });
});
