import { VirtualClock } from '@missions/runtime/clock.ts';
import { waitUntil } from '@missions/test-support/wait-until.ts';
import { expect } from 'chai';
import { type BridgeUnderTest, requestedEmail, startBridgeUnderTest } from '../testing/bridge-under-test.ts';
import type { Permission } from './mission-permission.ts';

describe('mail of a mission that has ended', () => {
  // Nothing becomes due for another attempt.
  const clock = new VirtualClock(new Date('2026-06-01T12:00:00Z'));
  let service: BridgeUnderTest;
  before(async () => {
    service = await startBridgeUnderTest(clock);
  });
  after(() => service.stop());

  it('is withdrawn if the mission ends while the server defers it', async () => {
    let permission: Permission = { kind: 'send' };
    service.send({
      askPermission: async () => permission,
      transport: {
        async deliver() {
          permission = { kind: 'never', reason: 'its mission has ended' };
          return { outcome: 'deferred', reason: '451 4.7.1 greylisted' };
        },
      },
    });
    const email = requestedEmail(clock.now(), { to: ['sarah@example.com'], expect_reply: false });
    await service.request('ensure', email);
    await waitUntil(async () => (await service.eventTypes(email.id)).includes('email.withdrawn'), {
      what: 'the withdrawal',
    });
    const { status, last_error } = await service.request('get', { tracking_id: email.id });
    expect([status, last_error]).to.deep.equal(['cancelled', 'not sent: its mission has ended']);
  });
});
