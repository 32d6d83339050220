import { expect } from 'chai';
import { Api, type ApiResponse } from '@missions/test-support/api.ts';
import { auditEntries } from '@missions/test-support/audit-entries.ts';
import { furtherGateway } from '@missions/test-support/further-gateway.ts';
import type { Program } from '@missions/test-support/program.ts';
import { product } from '@missions/test-support/shared-product.ts';
import { codeFor, fromOwnPage } from './signed-in.ts';

const PUBLIC_URL = 'https://missions.example';

describe('a gateway whose own address is https', () => {
  let gateway: Program;
  let api: Api;

  before(async () => {
    const { secret } = await product();
    gateway = await furtherGateway('gateway-by-https', {
      NODE_ENV: 'production',
      TRUSTED_PROXIES: '1',
      RATE_LIMIT_PER_ADDRESS: '0',
      PUBLIC_URL: `${PUBLIC_URL}/`,
    });
    await gateway.start();
    api = new Api({ origin: `http://127.0.0.1:${gateway.port}`, secret });
  });
  after(() => gateway.stop());

  const show = (code: string, headers: Record<string, string> = {}): Promise<ApiResponse> =>
    api.post('/auth/code', { code }, { headers: { ...fromOwnPage, ...headers } });

  it('gives cookies that no subdomain can plant and no plain connection carries', async () => {
    const answer = await show(await codeFor(api.customer, 'ada'));
    expect(answer.headers.getSetCookie()[0]).to.match(
      /^__Host-missions=[\w-]{43}; Path=\/; HttpOnly; SameSite=Lax; Secure; Max-Age=604800$/,
    );
    const [cookie = ''] = (answer.headers.getSetCookie()[0] ?? '').split(';', 1);
    expect((await api.get('/api/v1/me', { headers: { ...fromOwnPage, cookie } })).status).to.equal(200);
    const plain = cookie.replace('__Host-', '');
    expect((await api.get('/api/v1/me', { headers: { ...fromOwnPage, cookie: plain } })).status).to.equal(401);
  });

  it('believes the origin of its own pages, and not the one that a call came to', async () => {
    const answer = await show(await codeFor(api.customer, 'ada'));
    const [cookie = ''] = (answer.headers.getSetCookie()[0] ?? '').split(';', 1);
    const { id } = await api.mission();
    const pause = async (origin: string) =>
      (
        await api.post(
          `/api/v1/missions/${id}/pause`,
          {},
          { headers: { ...fromOwnPage, 'sec-fetch-site': null, cookie, origin } },
        )
      ).status;
    expect(await pause(api.origin)).to.equal(403);
    expect(await pause(PUBLIC_URL)).to.equal(200);
  });

  it('bounds the wrong codes of one address, and of no other', async () => {
    const from = (address: string, code: string) => show(code, { 'x-forwarded-for': address });
    const statuses: number[] = [];
    for (let time = 0; time < 25; time += 1) statuses.push((await from('192.0.2.1', 'c'.repeat(22))).status);
    expect(statuses).to.deep.equal([...Array<number>(20).fill(401), ...Array<number>(5).fill(429)]);
    expect((await from('192.0.2.1', await codeFor(api.customer, 'ada'))).body.code).to.equal('RATE_LIMITED');
    for (let time = 0; time < 25; time += 1)
      expect((await from('192.0.2.2', await codeFor(api.customer, 'ada'))).status).to.equal(204);
  });

  it('records a code that was refused, with the address that showed it', async () => {
    await show('c'.repeat(22), { 'x-forwarded-for': '192.0.2.3' });
    const entries = await auditEntries((await product()).database, '', ['gateway']);
    const [entry, ...more] = entries.filter(({ address }) => address === '192.0.2.3');
    expect(entry).to.include({
      action: 'session.started',
      actor: 'unknown',
      result: 'refused',
      code: 'UNAUTHENTICATED',
      target_kind: 'session',
      target_id: '',
    });
    expect(more).to.deep.equal([]);
  });
});
