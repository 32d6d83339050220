import { expect } from 'chai';
import type { Context } from 'koa';
import { Problem } from '@missions/contracts/errors.ts';
import type { Authenticate } from './credentials.ts';
import { networkOf } from './address-budget.ts';
import { KnownCredentials, limitStrangers } from './strangers.ts';

describe('the budget of an address', () => {
  let now: number;
  let known: KnownCredentials;
  let call: (path: string, more?: { ip?: string; authorization?: string; signed?: boolean }) => Promise<string>;

  const authenticate: Authenticate = async ({ authorization }) => {
    if (authorization?.startsWith('good')) return { kind: 'service', credential: 'service' };
    throw new Problem('UNAUTHENTICATED', 'unknown');
  };

  beforeEach(() => {
    now = 0;
    known = new KnownCredentials();
    const check = known.learnFrom((headers) => authenticate(headers));
    const limit = limitStrangers({ perSecond: 2, known, now: () => now });
    call = async (path, { ip = '192.0.2.1', authorization, signed = false } = {}) => {
      const ctx = { path, ip, state: {}, req: { headers: { authorization } } } as unknown as Context;
      try {
        await limit(ctx, async () => {
          if (path.startsWith('/api/')) await check(ctx.req.headers);
          if (signed) ctx.state['signed'] = true;
        });
      } catch (error) {
        if (error instanceof Problem) return error.code;
        throw error;
      }
      return 'passed';
    };
  });

  const spend = async (ip?: string): Promise<void> => {
    for (let sent = 0; sent < 10; sent += 1)
      expect(await call('/api/v1/missions', { ...(ip && { ip }), authorization: `wrong ${sent}` })).to.equal(
        'UNAUTHENTICATED',
      );
  };

  it('is used up by wrong credentials and by calls without any, and comes back with time', async () => {
    await spend();
    expect(await call('/api/v1/missions', { authorization: 'wrong again' })).to.equal('RATE_LIMITED');
    expect(await call('/docs')).to.equal('RATE_LIMITED');
    expect(await call('/docs', { ip: '192.0.2.2' })).to.equal('passed');
    now += 5_000;
    expect(await call('/docs')).to.equal('passed');
  });

  it('is another one for the files of the page, which is larger and ends too', async () => {
    await spend();
    for (let sent = 0; sent < 300; sent += 1) expect(await call('/assets/view.js')).to.equal('passed');
    expect(await call('/assets/view.js')).to.equal('RATE_LIMITED');
    expect(await call('/assets/view.js', { ip: '192.0.2.2' })).to.equal('passed');
  });

  it('is not needed by credentials that are known, while strangers share their address', async () => {
    expect(await call('/api/v1/missions', { authorization: 'good' })).to.equal('passed');
    await spend();
    for (let sent = 0; sent < 50; sent += 1)
      expect(await call('/api/v1/missions', { authorization: 'good' })).to.equal('passed');
    expect(await call('/docs', { authorization: 'good' })).to.equal('RATE_LIMITED');
  });

  it('is given back by calls that turn out to be authentic', async () => {
    for (let sent = 0; sent < 50; sent += 1) {
      expect(await call('/api/v1/missions', { authorization: `good ${sent}` })).to.equal('passed');
      expect(await call('/hooks/inbound-email', { signed: true })).to.equal('passed');
    }
  });

  it('leaves the probes alone', async () => {
    await spend();
    for (const path of ['/healthz', '/readyz']) expect(await call(path)).to.equal('passed');
  });

  it('holds for a network of IPv6 and takes a bounded memory', async () => {
    await spend('2001:db8::1');
    expect(await call('/docs', { ip: '2001:db8:0:0:ffff::7' })).to.equal('RATE_LIMITED');
    expect(await call('/docs', { ip: '2001:db8:0:1::1' })).to.equal('passed');
    expect(networkOf('::ffff:192.0.2.1')).to.equal('192.0.2.1');
    expect(networkOf('::1')).to.equal('0:0:0:0');
    // The oldest makes room.
    for (let other = 0; other < 20_000; other += 1) await call('/docs', { ip: `10.${other >> 8}.${other & 255}.1` });
    expect(await call('/docs', { ip: '2001:db8::1' })).to.equal('passed');
  });
});
