import { randomUUID } from 'node:crypto';
import { expect } from 'chai';
import { Client } from 'pg';
import { auditEntries } from '@missions/test-support/audit-entries.ts';
import type { Program } from '@missions/test-support/program.ts';
import { product } from '@missions/test-support/shared-product.ts';
import { PlainBrowser } from './browser.ts';
import { gatewayWithProvider } from './gateway-with-provider.ts';
import { signedIn } from './signed-in.ts';
import { LOGOUT, type RunningProvider } from './sign-in-provider.ts';

describe('a logout at the identity provider', () => {
  let gateway: Program;
  let provider: RunningProvider;
  let origin: string;
  let rows: Client;

  before(async () => {
    ({ started: gateway, running: provider, at: origin } = await gatewayWithProvider('gateway-of-logouts'));
    rows = new Client({ connectionString: (await product()).database.adminUrl });
    await rows.connect();
  });
  after(async () => {
    await rows.end();
    await gateway.stop();
    provider.stop();
  });
  beforeEach(() => Object.assign(provider, { user: 'ada', customer: `customer-${randomUUID()}` }));

  const signIn = async (): Promise<PlainBrowser> => {
    const browser = new PlainBrowser();
    const { url } = await browser.follow(`${origin}/auth/oidc?return_to=/healthz`);
    expect(url).to.equal(`${origin}/healthz`);
    return browser;
  };
  const call = (browser: PlainBrowser, path = '/api/v1/me') =>
    fetch(`${origin}${path}`, { headers: { cookie: browser.cookies(origin) }, signal: AbortSignal.timeout(20_000) });
  const isIn = async (browser: PlainBrowser): Promise<boolean> => (await call(browser)).status === 200;
  const sidsOf = async (): Promise<string[]> => {
    const query = 'select provider_sid from gateway.user_session where customer_id = $1 order by created_at';
    return (await rows.query<{ provider_sid: string }>(query, [provider.customer])).rows.map((row) => row.provider_sid);
  };
  const send = (token: string, type = 'application/x-www-form-urlencoded') =>
    fetch(`${origin}/auth/oidc/back-channel-logout`, {
      method: 'POST',
      headers: { 'content-type': type },
      body: new URLSearchParams({ logout_token: token }).toString(),
    });

  it('ends the sessions of that session of the provider, with their streams, and no other', async () => {
    const [one, two] = [await signIn(), await signIn()];
    const [sid] = await sidsOf();
    expect(sid).to.match(/./);
    const stream = call(one, '/api/v1/stream').then((response) => response.text());
    const answer = await send(await provider.logoutToken({ sid }));
    expect([answer.status, answer.headers.get('cache-control')]).to.deep.equal([200, 'no-store']);
    await stream;
    expect([await isIn(one), await isIn(two)]).to.deep.equal([false, true]);
    const entries = await auditEntries((await product()).database, provider.customer ?? '', ['gateway']);
    expect(entries.map(({ action, actor, user_id }) => [action, actor, user_id])).to.deep.equal([
      ['session.started', 'user', 'ada'],
      ['session.started', 'user', 'ada'],
      ['session.ended', 'product', 'ada'],
    ]);
  });

  it('ends all of a user, and neither those of another nor those that a code has opened', async () => {
    const [one, two] = [await signIn(), await signIn()];
    provider.user = 'eve';
    const eve = await signIn();
    const byCode = await signedIn(provider.customer ?? '', 'ada', origin);
    expect((await send(await provider.logoutToken({ sub: 'ada' }))).status).to.equal(200);
    expect([await isIn(one), await isIn(two), await isIn(eve)]).to.deep.equal([false, false, true]);
    const kept = await fetch(`${origin}/api/v1/me`, { headers: { cookie: String(byCode.headers['cookie']) } });
    expect(kept.status).to.equal(200);
  });

  it('ends nothing by the session of one user and the name of another', async () => {
    const browser = await signIn();
    const [sid] = await sidsOf();
    expect((await send(await provider.logoutToken({ sid, sub: 'eve' }))).status).to.equal(200);
    expect(await isIn(browser)).to.equal(true);
  });

  it('ends nothing that began after it, when it is sent again', async () => {
    const iat = Math.floor(Date.now() / 1_000) - 120;
    const token = await provider.logoutToken({ sub: 'ada', iat, exp: iat + 600 });
    const browser = await signIn();
    expect((await send(token)).status).to.equal(200);
    expect(await isIn(browser)).to.equal(true);
  });

  it('is believed of the provider’s own logout tokens only', async () => {
    const browser = await signIn();
    const now = Math.floor(Date.now() / 1_000);
    const sub = 'ada';
    const tokens: Record<string, string> = {
      'of another key': await provider.logoutToken({ sub }, { forged: true }),
      'of another issuer': await provider.logoutToken({ sub, iss: 'https://evil.example' }),
      'for another client': await provider.logoutToken({ sub, aud: 'another' }),
      'with a nonce, as an ID token has': await provider.logoutToken({ sub, nonce: 'n' }),
      'without the event': await provider.logoutToken({ sub, events: null }),
      'of another event': await provider.logoutToken({ sub, events: { 'http://example.com/event': {} } }),
      'with an event that is no object': await provider.logoutToken({ sub, events: { [LOGOUT]: true } }),
      'of nobody': await provider.logoutToken({}),
      'of a number': await provider.logoutToken({ sub: null, sid: 7 }),
      'that is over': await provider.logoutToken({ sub, iat: now - 300, exp: now - 120 }),
      'that is old and never over': await provider.logoutToken({ sub, iat: now - 3_600, exp: null }),
      'without its time': await provider.logoutToken({ sub, iat: null }),
      'without its id': await provider.logoutToken({ sub, jti: null }),
      'of another type': await provider.logoutToken({ sub }, { typ: 'at+jwt' }),
      'that is none': 'nonsense',
    };
    for (const [name, token] of Object.entries(tokens)) expect((await send(token)).status, name).to.equal(400);
    const unsigned = `${btoa('{"alg":"none"}')}.${btoa(JSON.stringify({ sub, iss: provider.issuer }))}.`;
    expect((await send(unsigned.replaceAll('=', ''))).status).to.equal(400);
    expect((await send(await provider.logoutToken({ sub }), 'application/json')).status).to.equal(415);
    expect((await send('')).status).to.equal(400);
    expect(await isIn(browser)).to.equal(true);
  });
});
