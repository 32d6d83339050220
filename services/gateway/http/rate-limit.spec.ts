import { expect } from 'chai';
import { Problem } from '@missions/contracts/errors.ts';
import type { Principal } from './principal.ts';
import { rateLimit } from './rate-limit.ts';

const key = (name: string): Principal => ({
  kind: 'agent',
  credential: name,
  customer_id: 'acme',
  agent_id: 'a',
  users: null,
  scopes: null,
});
const service: Principal = { kind: 'service', credential: 'service' };

describe('the rate limit', () => {
  it('lets a burst pass, then refuses and says when to retry', async () => {
    const limit = rateLimit({ perKey: 2, perService: 0 });
    for (let sent = 0; sent < 10; sent += 1) await limit(key('busy'));
    const refusal = await limit(key('busy')).catch((error: unknown) => error);
    expect(refusal).to.be.instanceOf(Problem).and.to.include({ code: 'RATE_LIMITED' });
    expect((refusal as Problem).members['retry_after']).to.be.within(1, 5);
  });

  it('limits one credential without limiting others', async () => {
    const limit = rateLimit({ perKey: 1, perService: 0 });
    const flood = await Promise.allSettled(Array.from({ length: 50 }, () => limit(key('busy'))));
    expect(flood.filter((it) => it.status === 'rejected')).to.have.length(45);
    await limit(key('quiet'));
    for (let sent = 0; sent < 100; sent += 1) await limit(service);
  });

  it('limits a user without limiting the user of the same id of another customer', async () => {
    const limit = rateLimit({ perKey: 1, perService: 0 });
    const ada = (customer_id: string): Principal => ({
      kind: 'user',
      credential: 'user:ada',
      customer_id,
      user_id: 'ada',
    });
    const flood = await Promise.allSettled(Array.from({ length: 50 }, () => limit(ada('acme'))));
    expect(flood.filter((it) => it.status === 'rejected')).to.have.length(45);
    await limit(ada('globex'));
  });
});
