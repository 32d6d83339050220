import { newId } from '@missions/runtime/id.ts';
import { waitUntil } from '@missions/test-support/wait-until.ts';
import { expect } from 'chai';
import {
  emailRequestedEvent,
  type BridgeUnderTest,
  requestedEmail,
  startBridgeUnderTest,
} from '../testing/bridge-under-test.ts';
import { startSetAsidePurge } from './purge-set-aside.ts';

describe('mail that was set aside', () => {
  let bridge: BridgeUnderTest;
  before(async () => {
    bridge = await startBridgeUnderTest();
  });
  after(() => bridge?.stop());

  const mail = async (key: string, receivedDaysAgo: number, setAsideDaysAgo: number | null): Promise<void> => {
    await bridge.db.pool.query(
      `insert into unread_mail (key, via, reverse_path, recipients, size, tries, received_at, set_aside_at, head)
       values ($1, 'smtp', '', '[]', 1, 3, now() - make_interval(days => $2), now() - make_interval(days => $3), 'x')`,
      [key, receivedDaysAgo, setAsideDaysAgo],
    );
  };
  const kept = async (): Promise<string[]> =>
    (await bridge.db.pool.query('select key from unread_mail order by key')).rows.map(({ key }) => key as string);

  it('is deleted when it is older than its days, and nothing else is', async () => {
    const email = requestedEmail(new Date());
    await bridge.handle(emailRequestedEvent(email));
    await bridge.db.pool.query(`update email set created_at = now() - interval '400 days', updated_at = created_at`);
    await mail('a: long set aside', 50, 46);
    await mail('b: set aside lately, and received long ago', 60, 44);
    await mail('c: still tried', 29, null);
    await mail('d: abandoned by its sender', 31, null);
    const rows = await Promise.all(['email', 'message', 'outbox'].map(bridge.countRows));
    const purge = startSetAsidePurge(bridge.context, { days: 45, everyMs: 20 });
    try {
      await waitUntil(async () => !(await kept()).includes('a: long set aside'), { what: 'the purge' });
      expect(await kept()).to.deep.equal(['b: set aside lately, and received long ago', 'c: still tried']);
      // On a schedule: also what becomes old later.
      const key = newId();
      await mail(key, 100, 99);
      await waitUntil(async () => !(await kept()).includes(key), { what: 'the next purge' });
      expect(await Promise.all(['email', 'message', 'outbox'].map(bridge.countRows))).to.deep.equal(rows);
    } finally {
      await purge.stop();
    }
  });
});
