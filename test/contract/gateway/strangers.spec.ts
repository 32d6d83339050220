import { expect } from 'chai';
import { VERSION } from '@missions/contracts/version.ts';
import { furtherGateway } from '@missions/test-support/further-gateway.ts';
import { Api, type ApiResponse } from '@missions/test-support/api.ts';
import type { Program } from '@missions/test-support/program.ts';
import { product } from '@missions/test-support/shared-product.ts';

describe('callers whom the gateway does not know', () => {
  let gateway: Program;
  let api: Api;

  before(async () => {
    const { secret } = await product();
    const env = { NODE_ENV: 'production', RATE_LIMIT_PER_ADDRESS: '2', TRUSTED_PROXIES: '1' };
    gateway = await furtherGateway('gateway-of-strangers', env);
    await gateway.start();
    api = new Api({ origin: `http://127.0.0.1:${gateway.port}`, secret });
  });
  after(() => gateway.stop());

  const from = (address: string, authorization: string | null, path = 'missions?user_id=ada'): Promise<ApiResponse> =>
    api.get(path, { headers: { 'x-forwarded-for': `198.51.100.7, ${address}`, authorization } });

  it('share a budget of their address, which a known credential does not need', async () => {
    const { secret } = await product();
    const key = `mak_${'0'.repeat(32)}_${'a'.repeat(43)}`;
    expect((await from('192.0.2.1', `Bearer ${secret}`)).status).to.equal(200);
    const answers = [];
    for (let sent = 0; sent < 30; sent += 1) answers.push(await from('192.0.2.1', sent % 2 ? `Bearer ${key}` : null));
    expect(new Set(answers.map(({ status }) => status))).to.deep.equal(new Set([401, 429]));
    const refused = answers.find(({ status }) => status === 429);
    expect(refused?.body).to.include({ code: 'RATE_LIMITED' });
    expect(Number(refused?.headers.get('retry-after'))).to.be.within(1, 5);
    expect((await from('192.0.2.1', null, '/openapi.json')).status).to.equal(429);

    expect((await from('192.0.2.1', `Bearer ${secret}`)).status).to.equal(200);
    expect((await from('192.0.2.2', null)).status).to.equal(401);
    expect((await from('192.0.2.1', null, '/readyz')).body).to.deep.equal({
      version: VERSION,
      ready: true,
      checks: {
        nats: 'ok',
        mission: 'ok',
        approval: 'ok',
        scheduler: 'ok',
        'email-bridge': 'ok',
        notifier: 'ok',
        database: 'ok',
      },
    });
  });
});
