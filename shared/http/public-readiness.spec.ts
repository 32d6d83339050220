import { expect } from 'chai';
import { Health } from '@missions/runtime/health.ts';
import { publicReadiness } from './public-readiness.ts';

describe('the readiness that anybody may ask for', () => {
  it('names the parts that are missing, without their reasons', async () => {
    const health = new Health();
    health.add('database', () => {
      throw new Error('password authentication failed for user "gateway" at 10.0.0.7');
    });
    health.add('nats', () => {});
    expect(await publicReadiness(health)()).to.deep.equal({
      ready: false,
      checks: { database: 'failed', nats: 'ok' },
    });
  });

  it('runs the checks once a second, however often it is asked', async () => {
    const health = new Health();
    let checked = 0;
    health.add('database', () => void (checked += 1));
    let now = 0;
    const readiness = publicReadiness(health, () => now);
    await Promise.all(Array.from({ length: 200 }, () => readiness()));
    now = 999;
    await readiness();
    expect(checked).to.equal(1);
    now = 1_000;
    await readiness();
    expect(checked).to.equal(2);
  });
});
