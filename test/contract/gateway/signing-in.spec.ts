import { expect } from 'chai';
import { Client } from 'pg';
import { Api, type ApiResponse } from '@missions/test-support/api.ts';
import { auditEntries } from '@missions/test-support/audit-entries.ts';
import { furtherGateway } from '@missions/test-support/further-gateway.ts';
import type { Program } from '@missions/test-support/program.ts';
import { product, type SharedProduct } from '@missions/test-support/shared-product.ts';
import { type Browser, codeFor, fromOwnPage, signedIn } from './signed-in.ts';

describe('signing in with a one-time code', () => {
  let gateway: Program;
  let running: SharedProduct;
  let api: Api;
  let rows: Client;

  before(async () => {
    const shared = await product();
    // A gateway of its own: what is refused here would use up what the shared one records of this address.
    gateway = await furtherGateway('gateway-of-sign-ins', { NODE_ENV: 'production', RATE_LIMIT_PER_ADDRESS: '0' });
    await gateway.start();
    running = { ...shared, origin: `http://127.0.0.1:${gateway.port}` };
    rows = new Client({ connectionString: running.database.adminUrl });
    await rows.connect();
  });
  after(async () => {
    await rows.end();
    await gateway.stop();
  });
  beforeEach(() => (api = new Api(running)));

  const show = (code: string, headers: Record<string, string | null> = {}): Promise<ApiResponse> =>
    api.post('/auth/code', { code }, { headers: { ...fromOwnPage, ...headers } });
  const cookieOf = ({ headers }: ApiResponse): string => headers.getSetCookie()[0]?.split(';', 1)[0] ?? '';
  const withCookie = (cookie: string) => ({ headers: { ...fromOwnPage, cookie } });
  const me = (cookie: string) => api.get('/api/v1/me', withCookie(cookie));

  it('opens a session of the user whom the code is for', async () => {
    const before = Date.now();
    const answer = await show(await codeFor(api.customer, 'ada'));
    expect([answer.status, answer.text]).to.deep.equal([204, '']);
    expect(answer.headers.getSetCookie()).to.have.length(1);
    expect(answer.headers.getSetCookie()[0]).to.match(
      /^missions=[\w-]{43}; Path=\/; HttpOnly; SameSite=Lax; Max-Age=604800$/,
    );
    const { signed_in_at, ...who } = (await me(cookieOf(answer))).body;
    expect(who).to.deep.equal({
      customer_id: api.customer,
      user_id: 'ada',
      name: null,
      email: null,
      email_confirmed: false,
      email_pending: null,
      time_zone: null,
      locale: null,
      signed_in_via: 'code',
      operator: false,
    });
    expect(Date.parse(signed_in_at)).to.be.within(before - 1_000, Date.now() + 1_000);
  });

  it('stores neither the code nor the id of the session', async () => {
    const code = await codeFor(api.customer, 'ada');
    const stored = async () =>
      JSON.stringify([
        (await rows.query('select * from gateway.sign_in_code')).rows,
        (await rows.query('select * from gateway.user_session')).rows,
      ]);
    expect(await stored()).not.to.contain(code);
    const cookie = cookieOf(await show(code));
    expect(await stored()).not.to.contain(cookie.split('=')[1]);
  });

  const refused = (answer: ApiResponse): void => {
    expect([answer.status, answer.body.code]).to.deep.equal([401, 'UNAUTHENTICATED']);
    expect(answer.body.detail).to.contain('npm run missions -- sign-in --user');
    expect(answer.headers.getSetCookie()).to.deep.equal([]);
  };

  it('takes a code once, also from ten who show it at the same moment', async () => {
    const code = await codeFor(api.customer, 'ada');
    const answers = await Promise.all(Array.from({ length: 10 }, () => show(code)));
    expect(answers.filter(({ status }) => status === 204)).to.have.length(1);
    for (const answer of answers) if (answer.status !== 204) refused(answer);
    refused(await show(code));
  });

  it('takes a code for ten minutes by the clock of the database', async () => {
    const moved = (code: string, by: string) =>
      rows
        .query(`update gateway.sign_in_code set expires_at = expires_at - $2::interval where customer_id = $1`, [
          api.customer,
          by,
        ])
        .then(() => show(code));
    expect((await moved(await codeFor(api.customer, 'ada'), '9 minutes 30 seconds')).status).to.equal(204);
    refused(await moved(await codeFor(api.customer, 'ada'), '10 minutes'));
  });

  it('refuses a code that never was one, and says what is wrong with a body that has none', async () => {
    refused(await show('a'.repeat(22)));
    refused(await show('nonsense'));
    for (const body of [{}, { code: 7 }, { code: '' }, { code: 'a', user_id: 'ada' }]) {
      const { status, body: problem } = await api.post('/auth/code', body, { headers: fromOwnPage });
      expect([status, problem.code]).to.deep.equal([400, 'VALIDATION_FAILED']);
    }
  });

  it('changes the id of the session at every sign-in, and ends the one before', async () => {
    const first = cookieOf(await show(await codeFor(api.customer, 'ada')));
    const second = cookieOf(await show(await codeFor(api.customer, 'ada'), { cookie: first }));
    expect(second).not.to.equal(first);
    expect([(await me(first)).status, (await me(second)).status]).to.deep.equal([401, 200]);
    const planted = `missions=${'x'.repeat(43)}`;
    expect(cookieOf(await show(await codeFor(api.customer, 'ada'), { cookie: planted }))).not.to.equal(planted);
    expect((await me(planted)).status).to.equal(401);
  });

  it('opens nothing but /api/v1', async () => {
    const { headers } = await signedIn(api.customer, 'ada', api.origin);
    const { id } = await api.mission();
    expect((await api.get(`/api/v1/missions/${id}`, { headers })).status).to.equal(200);
    for (const answer of [
      await api.get(`missions/${id}`, { headers }),
      await api.post('missions', { user_id: 'ada', title: 'x' }, { headers }),
      await api.post('/mcp', { jsonrpc: '2.0', id: 1, method: 'tools/list', params: {} }, { headers }),
    ])
      expect([answer.status, answer.body.code]).to.deep.equal([401, 'UNAUTHENTICATED']);
    const mail = await api.post('/hooks/inbound-email', 'Subject: x\r\n\r\nx', {
      headers: { ...headers, 'content-type': 'message/rfc822' },
    });
    expect(mail.status).to.be.oneOf([401, 404]);
  });

  it('lets nothing be written but from a page of our own', async () => {
    const { headers } = await signedIn(api.customer, 'ada', api.origin);
    const { id } = await api.mission();
    const pause = async (more: Record<string, string | null>) =>
      (await api.post(`/api/v1/missions/${id}/pause`, {}, { headers: { ...headers, ...more } })).status;
    const own = running.origin;
    for (const foreign of [
      { 'sec-fetch-site': 'cross-site' },
      { 'sec-fetch-site': 'same-site' },
      { 'sec-fetch-site': 'none' },
      { 'sec-fetch-site': 'cross-site', origin: own },
      { 'sec-fetch-site': null },
      { 'sec-fetch-site': null, origin: 'null' },
      { 'sec-fetch-site': null, origin: 'https://evil.example' },
      { 'sec-fetch-site': null, origin: `${own}.evil.example` },
      { 'sec-fetch-site': null, origin: own.replace('http:', 'https:') },
      { 'sec-fetch-site': null, origin: 'http://evil.example', host: 'evil.example' },
    ])
      expect(await pause(foreign), JSON.stringify(foreign)).to.equal(403);
    expect((await api.get(`missions/${id}`)).body.status).to.equal('active');
    expect(await pause({ 'sec-fetch-site': null, origin: own })).to.equal(200);
    const read = { ...headers, 'sec-fetch-site': 'cross-site' };
    expect((await api.get(`/api/v1/missions/${id}`, { headers: read })).status).to.equal(200);
  });

  it('lets no form of another origin sign anybody in or out', async () => {
    const elsewhere = { 'sec-fetch-site': 'cross-site', origin: 'https://evil.example' };
    const code = await codeFor(api.customer, 'eve');
    expect((await show(code, elsewhere)).status).to.equal(403);
    const form = { ...fromOwnPage, 'sec-fetch-site': null, 'content-type': 'application/x-www-form-urlencoded' };
    expect((await api.post('/auth/code', `code=${code}`, { headers: form })).status).to.equal(415);
    const cookie = cookieOf(await show(code));
    const out = (headers: object) =>
      api.send('POST', '/auth/sign-out', { headers: { ...withCookie(cookie).headers, ...headers } });
    expect((await out(elsewhere)).status).to.equal(403);
    expect((await me(cookie)).status).to.equal(200);
    const left = await out({});
    expect([left.status, left.headers.getSetCookie()[0]]).to.deep.equal([
      204,
      'missions=; Path=/; HttpOnly; SameSite=Lax; Max-Age=0',
    ]);
    expect((await me(cookie)).status).to.equal(401);
    expect((await out({})).status).to.equal(204);
  });

  const aged = (column: string, by: string) =>
    rows.query(`update gateway.user_session set ${column} = ${column} - $2::interval where customer_id = $1`, [
      api.customer,
      by,
    ]);
  const read = async ({ headers }: Browser) => (await api.get('/api/v1/me', { headers })).status;

  it('ends after 12 hours without a call, which a call begins anew', async () => {
    const browser = await signedIn(api.customer, 'ada', api.origin);
    await aged('last_seen_at', '11 hours 59 minutes');
    expect(await read(browser)).to.equal(200);
    await aged('last_seen_at', '11 hours 59 minutes');
    expect(await read(browser)).to.equal(200);
    await aged('last_seen_at', '12 hours');
    expect(await read(browser)).to.equal(401);
    expect((await api.get('/api/v1/sessions', { headers: { 'x-user-id': 'ada' } })).body.sessions).to.deep.equal([]);
  });

  it('ends after 7 days, whatever was called', async () => {
    const browser = await signedIn(api.customer, 'ada', api.origin);
    await aged('expires_at', '6 days 23 hours 59 minutes');
    expect(await read(browser)).to.equal(200);
    await aged('expires_at', '1 minute');
    expect(await read(browser)).to.equal(401);
  });

  it('ends with its open streams, which do not keep it alive', async () => {
    const browser = await signedIn(api.customer, 'ada', api.origin);
    const open = async () => {
      const headers = { cookie: String(browser.headers['cookie']) };
      const response = await fetch(`${api.origin}/api/v1/stream`, { headers, signal: AbortSignal.timeout(20_000) });
      expect(response.status).to.equal(200);
      return response.text();
    };
    const streams = [open(), open()];
    await Promise.all([api.mission(), api.mission()]);
    const path = `/api/v1/sessions/${browser.session.id}`;
    expect((await api.send('DELETE', path, { headers: browser.headers })).status).to.equal(204);
    await Promise.all(streams);

    const other = await signedIn(api.customer, 'eve', api.origin);
    const { body } = await fetch(`${api.origin}/api/v1/stream`, {
      headers: { cookie: String(other.headers['cookie']) },
      signal: AbortSignal.timeout(20_000),
    });
    const reader = body?.pipeThrough(new TextDecoderStream()).getReader();
    await reader?.read();
    await aged('last_seen_at', '12 hours');
    for (let ended = false; !ended;) ended = (await reader?.read())?.done ?? true;
  });

  it('is listed for its user alone, who signs it out', async () => {
    const [one, two] = [
      await signedIn(api.customer, 'ada', api.origin),
      await signedIn(api.customer, 'ada', api.origin),
    ];
    const eve = await signedIn(api.customer, 'eve', api.origin);
    const list = async ({ headers }: Browser) => (await api.get('/api/v1/sessions', { headers })).body.sessions;
    const shown = (await list(one)).map(({ id, current, signed_in_via }: any) => [id, current, signed_in_via]);
    expect(shown).to.deep.equal([
      [two.session.id, false, 'code'],
      [one.session.id, true, 'code'],
    ]);
    const end = ({ session }: Browser, { headers }: Browser) =>
      api.send('DELETE', `/api/v1/sessions/${session.id}`, { headers });
    expect((await end(two, eve)).body.code).to.equal('NOT_FOUND');
    expect(await read(two)).to.equal(200);
    expect((await end(two, one)).status).to.equal(204);
    expect([await read(two), await read(one)]).to.deep.equal([401, 200]);
    expect((await end(two, one)).status).to.equal(404);
    expect((await api.send('DELETE', '/api/v1/sessions/nonsense', { headers: one.headers })).status).to.equal(404);
  });

  it('has entries in the audit record: codes, sign-ins and sign-outs', async () => {
    const { headers, session } = await signedIn(api.customer, 'ada', api.origin);
    await api.send('POST', '/auth/sign-out', { headers });
    const entries = await auditEntries(running.database, api.customer, ['gateway']);
    expect(
      entries.map(({ action, actor, user_id, target_id, address }) => [action, actor, user_id, target_id, address]),
    ).to.deep.equal([
      ['sign_in_code.created', 'product', 'ada', '', null],
      ['session.started', 'user', 'ada', session.id, '127.0.0.1'],
      ['session.ended', 'user', 'ada', session.id, '127.0.0.1'],
    ]);
  });

  it('is not needed by a trusted backend, which is told so', async () => {
    const answer = await api.get('/api/v1/me', { headers: { 'x-user-id': 'ada' } });
    expect(answer.body).to.include({ user_id: 'ada', signed_in_via: 'backend', signed_in_at: null });
  });
});
