import { randomUUID } from 'node:crypto';
import { expect } from 'chai';
import { Api } from '@missions/test-support/api.ts';
import type { Program } from '@missions/test-support/program.ts';
import { PlainBrowser } from './browser.ts';
import { fromOwnPage } from './signed-in.ts';
import { gatewayWithProvider } from './gateway-with-provider.ts';
import type { RunningProvider } from './sign-in-provider.ts';

describe('signing in at an identity provider', () => {
  let gateway: Program;
  let provider: RunningProvider;
  let origin: string;
  let api: Api;

  before(async () => {
    const made = await gatewayWithProvider('gateway-with-a-provider');
    ({ started: gateway, running: provider, at: origin } = made);
    api = new Api({ origin, secret: made.secret });
  });
  after(async () => {
    await gateway.stop();
    provider.stop();
  });
  beforeEach(() => Object.assign(provider, { user: 'ada', customer: `customer-${randomUUID()}` }));

  const me = async (browser: PlainBrowser, at = origin) =>
    (await fetch(`${at}/api/v1/me`, { headers: { cookie: browser.cookies(at) } })).json() as Promise<any>;
  /** As far as the callback, which is not called. */
  const untilCallback = async (browser: PlainBrowser, query = '') =>
    (await browser.follow(`${origin}/auth/oidc${query}`, (url) => url.startsWith(`${origin}/auth/oidc/callback`))).url;
  const signIn = async (browser = new PlainBrowser(), query = ''): Promise<PlainBrowser> => {
    await browser.step(await untilCallback(browser, query));
    return browser;
  };

  it('begins with code, PKCE, state and nonce, and goes back to the own address', async () => {
    const answer = await fetch(`${origin}/auth/oidc`, {
      redirect: 'manual',
      headers: { 'x-forwarded-host': 'evil.example' },
    });
    expect(answer.status).to.equal(303);
    const url = new URL(answer.headers.get('location') ?? '');
    expect(url.origin).to.equal(provider.issuer);
    expect(Object.fromEntries(url.searchParams)).to.include({
      response_type: 'code',
      client_id: 'missions',
      redirect_uri: `${origin}/auth/oidc/callback`,
      code_challenge_method: 'S256',
    });
    for (const name of ['state', 'nonce', 'code_challenge'])
      expect(url.searchParams.get(name)?.length, name).to.be.at.least(43);
    expect(answer.headers.getSetCookie()).to.have.length(1);
    expect(answer.headers.getSetCookie()[0]).to.match(
      /^missions-oidc=[\w-]+; Path=\/; HttpOnly; SameSite=Lax; Max-Age=600$/,
    );
  });

  it('opens a session of the provider’s user, and goes to where they wanted to', async () => {
    const browser = new PlainBrowser();
    const callback = await untilCallback(browser, '?return_to=/docs%3Fa=b');
    const answer = await browser.step(callback);
    expect([answer.status, answer.headers.get('location')]).to.deep.equal([303, `${origin}/docs?a=b`]);
    const set = answer.headers.getSetCookie();
    expect(set.find((line) => line.startsWith('missions='))).to.match(
      /^missions=[\w-]{43}; Path=\/; HttpOnly; SameSite=Lax; Max-Age=604800$/,
    );
    expect(set.find((line) => line.startsWith('missions-oidc='))).to.match(/^missions-oidc=; .*Max-Age=0$/);
    const { signed_in_at, ...who } = await me(browser);
    expect(who).to.deep.equal({
      customer_id: provider.customer,
      user_id: 'ada',
      name: 'Ada Lovelace',
      email: 'ada@example.com',
      email_confirmed: true,
      email_pending: null,
      time_zone: 'Europe/London',
      locale: 'en-GB',
      signed_in_via: 'oidc',
      operator: false,
    });
    expect(signed_in_at).to.match(/^\d{4}-.*Z$/);
  });

  it('says of an e-mail address that the provider has not confirmed that it is not', async () => {
    provider.user = 'eve';
    expect(await me(await signIn())).to.include({ email: 'eve@example.com', email_confirmed: false, time_zone: null });
  });

  it('changes the id of the session, and ends the one that the browser had', async () => {
    const browser = await signIn();
    const before = browser.cookies(origin);
    await signIn(browser);
    expect(browser.cookies(origin)).not.to.equal(before);
    const old = await fetch(`${origin}/api/v1/me`, { headers: { cookie: before } });
    expect(old.status).to.equal(401);
    expect(await me(browser)).to.include({ user_id: 'ada' });
  });

  const refused = async (answer: Response): Promise<void> => {
    expect(answer.status).to.equal(401);
    expect(((await answer.json()) as any).code).to.equal('UNAUTHENTICATED');
    expect(answer.headers.getSetCookie().filter((line) => line.startsWith('missions='))).to.deep.equal([]);
  };

  it('takes a callback once, from the browser that began, with its own state', async () => {
    const browser = new PlainBrowser();
    const callback = await untilCallback(browser);
    await refused(await new PlainBrowser().step(callback));
    const other = new PlainBrowser();
    await untilCallback(other);
    await refused(await other.step(callback));
    expect((await browser.step(callback)).status).to.equal(303);
    await refused(await browser.step(callback));
  });

  it('refuses a code of another sign-in, whose PKCE and nonce are others', async () => {
    const [mine, theirs] = [new PlainBrowser(), new PlainBrowser()];
    const [own, stolen] = [new URL(await untilCallback(mine)), new URL(await untilCallback(theirs))];
    own.searchParams.set('code', stolen.searchParams.get('code') ?? '');
    await refused(await mine.step(own.href));
  });

  it('refuses what the provider answers with an error', async () => {
    const browser = new PlainBrowser();
    const url = new URL(await untilCallback(browser));
    url.searchParams.delete('code');
    url.searchParams.set('error', 'access_denied');
    await refused(await browser.step(url.href));
  });

  it('refuses a user whose customer the provider does not name', async () => {
    provider.customer = undefined;
    const browser = new PlainBrowser();
    const answer = await browser.step(await untilCallback(browser));
    expect(answer.status).to.equal(401);
    expect(((await answer.json()) as any).detail).to.contain('"org"');
  });

  for (const evil of [
    '//evil.example',
    '/\\evil.example',
    'https:evil.example',
    'https://evil.example/',
    '/%2fevil.example',
    '/\t/evil.example',
  ])
    it(`goes to no other host: ${JSON.stringify(evil)}`, async () => {
      const answer = await fetch(`${origin}/auth/oidc?return_to=${encodeURIComponent(evil)}`, { redirect: 'manual' });
      expect(answer.status).to.equal(400);
      const browser = new PlainBrowser();
      const callback = await untilCallback(browser);
      const [, shown = ''] = /missions-oidc=([\w-]+)/.exec(browser.cookies(origin)) ?? [];
      const attempt = JSON.parse(Buffer.from(shown, 'base64url').toString());
      browser.set(
        origin,
        'missions-oidc',
        Buffer.from(JSON.stringify({ ...attempt, return_to: evil })).toString('base64url'),
      );
      expect((await browser.step(callback)).status).to.equal(400);
    });

  it('ends at the provider too, where it offers that', async () => {
    const browser = await signIn();
    const cookie = browser.cookies(origin);
    const answer = await api.send('POST', '/auth/sign-out', { headers: { ...fromOwnPage, cookie } });
    expect(answer.status, answer.text).to.equal(200);
    const url = new URL(answer.body.end_session_url);
    expect([url.origin, url.searchParams.get('client_id')]).to.deep.equal([provider.issuer, 'missions']);
    expect((await fetch(url)).status).to.equal(200);
    expect((await fetch(`${origin}/api/v1/me`, { headers: { cookie } })).status).to.equal(401);
    const again = await signIn();
    const navigated = await again.step(`${origin}/auth/sign-out`, {
      method: 'POST',
      headers: { 'sec-fetch-site': 'same-origin' },
    });
    expect([navigated.status, navigated.headers.get('location')]).to.deep.equal([303, url.href]);
  });

  it('is offered on the page to sign in', async () => {
    const page = await api.get('/sign-in', { headers: { authorization: null, accept: 'text/html' } });
    expect(page.text).to.contain('<meta name="sign-in-by" content="provider">');
  });

  it('says 503, and not that the user did wrong, while the provider is away', async () => {
    const made = await gatewayWithProvider('gateway-whose-provider-goes', 'client_secret_post');
    try {
      made.running.customer = 'acme';
      const browser = new PlainBrowser();
      const { url } = await browser.follow(`${made.at}/auth/oidc`, (next) => next.includes('/auth/oidc/callback'));
      expect((await browser.step(url)).status, 'a client that is registered for client_secret_post').to.equal(303);
      expect(await me(browser, made.at)).to.include({ user_id: 'ada', customer_id: 'acme' });
      const late = new PlainBrowser();
      const pending = await late.follow(`${made.at}/auth/oidc`, (next) => next.includes('/auth/oidc/callback'));
      made.running.stop();
      expect((await late.step(pending.url)).status).to.equal(503);
    } finally {
      await made.started.stop();
      made.running.stop();
    }
  });
});
