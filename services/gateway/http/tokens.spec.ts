import { createServer, type Server } from 'node:http';
import { systemClock } from '@missions/runtime/clock.ts';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { expect } from 'chai';
import { exportJWK, generateKeyPair, SignJWT } from 'jose';
import { Problem } from '@missions/contracts/errors.ts';
import { userCallerOf } from './caller.ts';
import { userAuthenticator } from './credentials.ts';
import { tokenVerifier, type VerifyToken } from './tokens.ts';

const SECRET = 'the-service-secret';

describe("users' tokens", () => {
  let provider: Server;
  let url: string;
  let pair: Awaited<ReturnType<typeof generateKeyPair>>;
  let verify: VerifyToken;
  const options = {
    issuer: 'https://id.example',
    audience: 'missions',
    customerClaim: 'customer_id',
    defaultCustomerId: 'default',
  };

  before(async () => {
    pair = await generateKeyPair('ES256', { extractable: true });
    const keys = JSON.stringify({ keys: [{ ...(await exportJWK(pair.publicKey)), kid: 'k1', alg: 'ES256' }] });
    provider = createServer((_request, response) =>
      response.setHeader('content-type', 'application/json').end(keys),
    ).listen(0, '127.0.0.1');
    await once(provider, 'listening');
    url = `http://127.0.0.1:${(provider.address() as AddressInfo).port}/jwks`;
    verify = tokenVerifier({ ...options, jwksUrl: url }, systemClock);
  });
  after(() => {
    provider.closeAllConnections();
    provider.close();
  });

  const token = (
    claims: Record<string, unknown> = {},
    {
      expires = '5m',
      key = pair.privateKey,
      kid = 'k1',
      typ,
    }: { expires?: string | number; key?: typeof pair.privateKey; kid?: string; typ?: string } = {},
  ) =>
    new SignJWT({ sub: 'ada', customer_id: 'acme', iss: options.issuer, aud: options.audience, ...claims })
      .setProtectedHeader({ alg: 'ES256', kid, ...(typ !== undefined && { typ }) })
      .setExpirationTime(expires)
      .sign(key);
  const codeOf = async (attempt: Promise<unknown>): Promise<string> => {
    try {
      await attempt;
    } catch (error) {
      if (error instanceof Problem) return error.code;
      throw error;
    }
    return 'accepted';
  };

  it('name the user by sub, and the customer by its claim', async () => {
    expect(await verify(await token())).to.deep.equal({
      kind: 'user',
      credential: 'user:ada',
      customer_id: 'acme',
      user_id: 'ada',
    });
  });

  it('are refused without the customer, unless the operator has named no claim for it', async () => {
    const without = await token({ customer_id: undefined });
    expect(await codeOf(verify(without))).to.equal('UNAUTHENTICATED');
    const single = tokenVerifier({ ...options, jwksUrl: url, customerClaim: '' }, systemClock);
    expect(await single(without)).to.include({ customer_id: 'default' });
    expect(await single(await token())).to.include({ customer_id: 'default' });
  });

  it('are refused when an id is longer or has other characters than an id may have', async () => {
    for (const wrong of ['', 'x'.repeat(256), 'a\u0000b', 'a\nb', '\u001b[2J', 'a\u0085b', '\ud800', 7, ['ada'], null])
      for (const claim of ['sub', 'customer_id'])
        expect(await codeOf(verify(await token({ [claim]: wrong }))), `${claim} ${JSON.stringify(wrong)}`).to.equal(
          'UNAUTHENTICATED',
        );
    expect(await verify(await token({ sub: 'auth0|Zoë ☃', customer_id: 'x'.repeat(255) }))).to.include({
      user_id: 'auth0|Zoë ☃',
    });
  });

  it('are refused when they are ID tokens or of another kind, whatever their audience', async () => {
    for (const claims of [{ nonce: 'n' }, { at_hash: 'h' }, { c_hash: 'h' }, { typ: 'ID' }, { token_use: 'id' }])
      expect(await codeOf(verify(await token(claims))), JSON.stringify(claims)).to.equal('UNAUTHENTICATED');
    for (const typ of ['logout+jwt', 'secevent+jwt', 'application/dpop+jwt'])
      expect(await codeOf(verify(await token({}, { typ }))), typ).to.equal('UNAUTHENTICATED');
    for (const typ of ['at+jwt', 'application/at+jwt', 'AT+JWT', 'JWT', undefined])
      expect(await codeOf(verify(await token({}, typ === undefined ? {} : { typ }))), typ).to.equal('accepted');
    for (const claims of [
      { typ: 'Bearer', nonce: 'n' },
      { token_use: 'access', nonce: 'n' },
    ])
      expect(await codeOf(verify(await token(claims))), JSON.stringify(claims)).to.equal('accepted');
    expect(await codeOf(verify(await token({ nonce: 'n' }, { typ: 'at+jwt' })))).to.equal('accepted');
  });

  it('are UNAVAILABLE when the key set is endless, of another form or elsewhere', async () => {
    let more = true;
    let sent = 0;
    const odd = createServer((request, response) => {
      if (request.url === '/moved') {
        response.writeHead(302, { location: url }).end();
        return;
      }
      if (request.url === '/form') {
        response.end('{"keys":7}');
        return;
      }
      const write = (): void => {
        while (more && !response.destroyed && ((sent += 65_536), response.write(' '.repeat(65_536))));
      };
      response.on('drain', write);
      write();
    }).listen(0, '127.0.0.1');
    await once(odd, 'listening');
    const origin = `http://127.0.0.1:${(odd.address() as AddressInfo).port}`;
    for (const path of ['/endless', '/form', '/moved'])
      expect(
        await codeOf(tokenVerifier({ ...options, jwksUrl: origin + path }, systemClock)(await token())),
        path,
      ).to.equal('UNAVAILABLE');
    // The bound of size ends the endless key set: in the 3 s of the time limit far more would arrive.
    expect(sent).to.be.below(16 * 1024 * 1024);
    more = false;
    odd.closeAllConnections();
    odd.close();
  });

  it('are refused when expired, for another audience, from another issuer, or without a user', async () => {
    expect(await codeOf(verify(await token({}, { expires: Math.floor(Date.now() / 1000) - 60 })))).to.equal(
      'UNAUTHENTICATED',
    );
    for (const claims of [
      { aud: 'other' },
      { iss: 'https://evil.example' },
      { sub: undefined },
      { sub: '' },
      { sub: 7 },
      { customer_id: 7 },
    ]) {
      expect(await codeOf(verify(await token(claims))), JSON.stringify(claims)).to.equal('UNAUTHENTICATED');
    }
  });

  it('are refused when signed by another key, by none, or symmetrically with the public key', async () => {
    const stranger = await generateKeyPair('ES256');
    expect(await codeOf(verify(await token({}, { key: stranger.privateKey })))).to.equal('UNAUTHENTICATED');
    expect(await codeOf(verify(await token({}, { kid: 'unknown' })))).to.equal('UNAUTHENTICATED');
    const [, payload] = (await token()).split('.');
    const none = `${Buffer.from('{"alg":"none"}').toString('base64url')}.${payload}.`;
    expect(await codeOf(verify(none))).to.equal('UNAUTHENTICATED');
    const symmetric = await new SignJWT({ sub: 'ada', iss: options.issuer, aud: options.audience })
      .setProtectedHeader({ alg: 'HS256', kid: 'k1' })
      .setExpirationTime('5m')
      .sign(new TextEncoder().encode('a public thing that anybody knows'));
    expect(await codeOf(verify(symmetric))).to.equal('UNAUTHENTICATED');
    expect(await codeOf(verify('nonsense'))).to.equal('UNAUTHENTICATED');
  });

  it('are UNAVAILABLE while the provider does not answer', async () => {
    const away = tokenVerifier({ ...options, jwksUrl: 'http://127.0.0.1:1/jwks' }, systemClock);
    expect(await codeOf(away(await token()))).to.equal('UNAVAILABLE');
  });

  it('open /api/v1, as does the service secret for the user it names; an agent’s key does not', async () => {
    const authenticate = userAuthenticator([SECRET], verify);
    const principal = await authenticate({ authorization: `Bearer ${await token()}` });
    expect(userCallerOf(principal, { 'x-user-id': 'ada' }, 'default')).to.deep.equal({
      kind: 'user',
      credential: 'user:ada',
      customer_id: 'acme',
      user_id: 'ada',
      agent_id: null,
      signed_in: { by: 'token', at: null },
    });

    const backend = await authenticate({ authorization: `Bearer ${SECRET}` });
    expect(userCallerOf(backend, { 'x-user-id': 'bob', 'x-customer-id': 'acme' }, 'default')).to.include({
      kind: 'user',
      customer_id: 'acme',
      user_id: 'bob',
    });
    expect(await codeOf((async () => userCallerOf(backend, {}, 'default'))())).to.equal('VALIDATION_FAILED');

    expect(await codeOf(authenticate({ authorization: `Bearer mak_${'0'.repeat(32)}_${'a'.repeat(43)}` }))).to.equal(
      'FORBIDDEN',
    );
    expect(await codeOf(userAuthenticator([SECRET], undefined)({ authorization: `Bearer ${await token()}` }))).to.equal(
      'UNAUTHENTICATED',
    );
  });

  it('say when their user signed in by auth_time alone, and a backend vouches', async () => {
    const at = async (claims: Record<string, unknown>) =>
      userCallerOf(await verify(await token(claims)), {}, 'default').signed_in;
    const iat = Math.floor(Date.now() / 1000);
    expect(await at({ auth_time: 1_780_000_000, iat })).to.deep.equal({ by: 'token', at: '2026-05-28T20:26:40.000Z' });
    for (const auth_time of [undefined, '1780000000', -1, 1e300])
      expect(await at({ auth_time, iat })).to.deep.equal({ by: 'token', at: null });
    const backend = { kind: 'service', credential: 'service' } as const;
    expect(userCallerOf(backend, { 'x-user-id': 'bob' }, 'default').signed_in).to.deep.equal({
      by: 'backend',
      at: null,
    });
  });

  it('let no person act as another', async () => {
    const principal = await userAuthenticator([SECRET], verify)({ authorization: `Bearer ${await token()}` });
    expect(await codeOf((async () => userCallerOf(principal, { 'x-user-id': 'bob' }, 'default'))())).to.equal(
      'FORBIDDEN',
    );
    expect(await codeOf((async () => userCallerOf(principal, { 'x-customer-id': 'globex' }, 'default'))())).to.equal(
      'FORBIDDEN',
    );
  });
});
