import { expect } from 'chai';
import { systemClock, VirtualClock } from '@missions/runtime/clock.ts';
import { type BridgeUnderTest, requestedEmail, startBridgeUnderTest } from '../testing/bridge-under-test.ts';

describe('whether a mail needs a receipt', () => {
  const services: BridgeUnderTest[] = [];
  const started = async (mode: string, clock = systemClock): Promise<BridgeUnderTest> => {
    const service = await startBridgeUnderTest(clock, { EMAIL_REQUIRES_RECEIPT: mode });
    services.push(service);
    return service;
  };
  after(() => Promise.all(services.map((service) => service.stop())));

  it('depends on the setting alone, where all mail does or none', async () => {
    for (const [mode, needed] of [
      ['all', true],
      ['never', false],
    ] as const) {
      const service = await started(mode);
      for (const input of [{}, { recipients: ['sarah@example.com'] }])
        expect(await service.request('needs_receipt', input), mode).to.deep.equal({ needed, unknown: [], mode });
    }
  });

  it('depends on whether its user has written to each recipient before, in whatever spelling', async () => {
    const clock = new VirtualClock(new Date('2026-06-01T12:00:00Z'));
    const service = await started('unknown-recipients', clock);
    const ask = (recipients: string[] | undefined, caller: object = {}) =>
      service.request(
        'needs_receipt',
        { ...(recipients && { recipients }) },
        { caller: { user_id: 'ada', ...caller } },
      );
    const to = ['Sarah <sarah@example.com>', 'john@example.com'];
    expect(await ask(to)).to.deep.include({ needed: true, unknown: to });
    await service.request('ensure', requestedEmail(clock.now(), { to, cc: [], bcc: ['eve@example.com'] }));
    expect(await ask([...to, 'SARAH@Example.com', 'eve@example.com'])).to.deep.include({ needed: false, unknown: [] });
    expect(await ask(['john@example.com', 'carl@example.com'])).to.deep.include({
      needed: true,
      unknown: ['carl@example.com'],
    });
    for (const caller of [{ user_id: 'bob' }, { customer_id: 'other' }])
      expect((await ask(to, caller)).needed, JSON.stringify(caller)).to.equal(true);
    expect(await ask(undefined), 'a follow-up').to.deep.include({ needed: false, unknown: [] });
  });
});
