import { expect } from 'chai';
import { systemClock } from '@missions/runtime/clock.ts';
import { SignJWT } from 'jose';
import { Problem } from '@missions/contracts/errors.ts';
import { waitUntil } from '@missions/test-support/wait-until.ts';
import { credentialWatch } from './credential-watch.ts';

const key = (name: string) => ({ authorization: `Bearer mak_${name}` });

describe('the watch over credentials of waiting calls', () => {
  for (const [code, what] of [
    ['UNAUTHENTICATED', 'was revoked'],
    ['KEY_EXPIRED', 'has expired'],
  ] as const)
    it(`ends all calls of a key that ${what}, with one check at a time for all of them`, async () => {
      let failing: Problem | undefined;
      let checks = 0;
      let atOnce = 0;
      let most = 0;
      const authenticate = async () => {
        checks++;
        most = Math.max(most, ++atOnce);
        await Promise.resolve();
        atOnce--;
        if (failing) throw failing;
        return { kind: 'service', credential: 'x' } as const;
      };
      const watch = credentialWatch(systemClock, 5);
      const calls = Array.from({ length: 30 }, () => watch(key('a'), authenticate));
      const other = watch(key('b'), () => Promise.resolve({ kind: 'service', credential: 'y' } as const));
      await waitUntil(() => checks > 3);
      failing = new Problem('UNAVAILABLE', 'the database is away');
      const before = checks;
      await waitUntil(() => checks > before + 2);
      expect(
        calls.some(({ ended }) => ended.aborted),
        'while the check fails',
      ).to.equal(false);
      failing = new Problem(code, what);
      await waitUntil(() => calls.every(({ ended }) => ended.aborted && ended.reason === failing));
      expect([most, other.ended.aborted]).to.deep.equal([1, false]);
      for (const call of [...calls, other]) call.stop();
      const last = checks;
      await new Promise((resolve) => setImmediate(resolve));
      expect(checks).to.equal(last);
    });

  it('ends a call when its token expires, and confirms nothing afterwards', async () => {
    const token = (seconds: number) =>
      new SignJWT({ sub: 'ada' })
        .setProtectedHeader({ alg: 'HS256' })
        .setExpirationTime(Math.floor(Date.now() / 1000) + seconds)
        .sign(new Uint8Array(32));
    const verify = () => Promise.resolve({ kind: 'service', credential: 'x' } as const);
    const watch = credentialWatch(systemClock);
    const call = watch({ authorization: `Bearer ${await token(2)}` }, verify);
    const long = watch({ authorization: `Bearer ${await token(60)}` }, verify);
    await call.confirm();
    await waitUntil(() => call.ended.aborted, { what: 'the end of the token' });
    const confirmed = await call.confirm().then(
      () => 'confirmed',
      (error: Problem) => error.code,
    );
    expect([confirmed, (call.ended.reason as Problem).code]).to.deep.equal(['UNAUTHENTICATED', 'UNAUTHENTICATED']);
    await long.confirm();
    expect(long.ended.aborted).to.equal(false);
    call.stop();
    long.stop();
  });
});
