import { createServer, type Server } from 'node:http';
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
    verify = tokenVerifier({ ...options, jwksUrl: url });
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
    }: { expires?: string | number; key?: typeof pair.privateKey; kid?: string } = {},
  ) =>
    new SignJWT({ sub: 'ada', iss: options.issuer, aud: options.audience, ...claims })
      .setProtectedHeader({ alg: 'ES256', kid })
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

  it('name the user by sub, and the customer by its claim or the default', async () => {
    expect(await verify(await token())).to.deep.equal({
      kind: 'user',
      credential: 'user:ada',
      customer_id: 'default',
      user_id: 'ada',
    });
    expect(await verify(await token({ customer_id: 'acme' }))).to.include({ customer_id: 'acme' });
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
    const away = tokenVerifier({ ...options, jwksUrl: 'http://127.0.0.1:1/jwks' });
    expect(await codeOf(away(await token()))).to.equal('UNAVAILABLE');
  });

  it('open /api/v1, as does the service secret for the user it names; an agent’s key does not', async () => {
    const authenticate = userAuthenticator(SECRET, verify);
    const principal = await authenticate({ authorization: `Bearer ${await token()}` });
    expect(userCallerOf(principal, { 'x-user-id': 'ada' }, 'default')).to.deep.equal({
      kind: 'user',
      credential: 'user:ada',
      customer_id: 'default',
      user_id: 'ada',
      agent_id: null,
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
    expect(await codeOf(userAuthenticator(SECRET, undefined)({ authorization: `Bearer ${await token()}` }))).to.equal(
      'UNAUTHENTICATED',
    );
  });

  it('let no person act as another', async () => {
    const principal = await userAuthenticator(SECRET, verify)({ authorization: `Bearer ${await token()}` });
    expect(await codeOf((async () => userCallerOf(principal, { 'x-user-id': 'bob' }, 'default'))())).to.equal(
      'FORBIDDEN',
    );
    expect(await codeOf((async () => userCallerOf(principal, { 'x-customer-id': 'acme' }, 'default'))())).to.equal(
      'FORBIDDEN',
    );
  });
});
