import { VirtualClock } from '@missions/runtime/clock.ts';
import { newId } from '@missions/runtime/id.ts';
import { refusal } from '@missions/service-kit/testing/service-under-test.ts';
import { expect } from 'chai';
import {
  type BridgeUnderTest,
  incomingMessage,
  requestedEmail,
  startBridgeUnderTest,
} from '../testing/bridge-under-test.ts';

describe('the pages of the e-mails of a mission', () => {
  // All are created in one millisecond.
  const clock = new VirtualClock(new Date('2026-06-01T12:00:00Z'));
  const mission_id = newId();
  let service: BridgeUnderTest;
  before(async () => {
    service = await startBridgeUnderTest(clock);
  });
  after(() => service.stop());

  const queued = (over: Parameters<typeof requestedEmail>[1] = {}) =>
    service.request('ensure', requestedEmail(clock.now(), { mission_id, ...over }));
  const page = (page: { limit?: number; cursor?: string }, user_id: string | null = 'ada') =>
    service.request('of_mission', { mission_id, page }, { caller: { customer_id: 'acme', user_id } });
  const idsOf = ({ emails }: Record<string, any>): string[] => emails.map(({ id }: { id: string }) => id);

  it('have each e-mail once, with its replies, also if one is answered in between', async () => {
    const all = [];
    for (let n = 0; n < 5; n += 1) all.push(await queued());
    await queued({ mission_id: newId() });
    const oldest = all[0] as Record<string, any>;
    const seen: string[] = [];
    let cursor: string | undefined;
    for (const size of [2, 2, 1]) {
      const got = await page({ limit: 2, ...(cursor !== undefined && { cursor }) });
      expect(got['emails']).to.have.lengthOf(size);
      seen.push(...idsOf(got));
      cursor = got['next_cursor'] ?? undefined;
      if (seen.length === 2)
        for (const from of ['sarah@example.com', 'john@example.com'])
          await service.receive(incomingMessage({ from, addressed_to: [oldest['reply_to']] }));
      if (size === 1) expect(got['emails'][0].replies).to.have.lengthOf(2);
    }
    expect(cursor).to.equal(undefined);
    expect(seen).to.deep.equal(all.map(({ id }) => id).toReversed());
    expect(idsOf(await page({}, 'eve'))).to.deep.equal([]);
    expect(idsOf(await page({}, null))).to.have.lengthOf(5);
  });

  it('have at most 50, and the rest comes on the next ones', async () => {
    for (let n = 0; n < 50; n += 1) await queued();
    const first = await page({ limit: 200 });
    const second = await page({ limit: 200, cursor: first['next_cursor'] });
    expect([first['emails'].length, second['emails'].length, second['next_cursor']]).to.deep.equal([50, 5, null]);
    expect(new Set([...idsOf(first), ...idsOf(second)]).size).to.equal(55);
  });

  it('begin at a cursor of this list only', async () => {
    for (const cursor of ['x', Buffer.from('["2026-06-01T12:00:00Z","x"]').toString('base64url')])
      expect(await refusal(page({ cursor }))).to.include({ code: 'VALIDATION_FAILED' });
  });
});
