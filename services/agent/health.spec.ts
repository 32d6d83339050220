import { expect } from 'chai';
import { MissionsClient } from '@missions/client/client.ts';
import { agentKey } from '@missions/test-support/reference-agent.ts';
import { product } from '@missions/test-support/shared-product.ts';
import { gatewayAnswers } from './health.ts';

describe('the readiness of the agent', () => {
  const reason = (check: () => Promise<void>): Promise<string> =>
    check().then(
      () => 'ok',
      (error: Error) => error.message,
    );

  it('depends on whether the gateway accepts its key', async () => {
    const { origin, database } = await product();
    const check = (baseUrl: string, credential: string): Promise<string> =>
      reason(gatewayAnswers(new MissionsClient({ baseUrl, credential }), baseUrl, 'ada'));
    const key = await agentKey(database, 'ready', 'ready');
    expect(await check(origin, key)).to.equal('ok');
    expect(await check(origin, `${key.slice(0, -3)}xyz`)).to.equal('the gateway does not know the key in MISSIONS_KEY');
    expect(await check('http://127.0.0.1:1', key)).to.equal('no answer from the gateway at http://127.0.0.1:1');
  });
});
