import { expect } from 'chai';
import { VirtualClock } from '@missions/runtime/clock.ts';
import { newId } from '@missions/runtime/id.ts';
import { type ServiceUnderTest, startServiceUnderTest } from '@missions/service-kit/testing/service-under-test.ts';
import type { Context } from '../commands/context.ts';
import { notifier } from '../service.ts';
import { isSignedWith, Receiver } from '../testing/receiver.ts';
import { WebhookBench } from '../testing/webhooks.ts';

const [OLD, NEW] = ['the old key of this spec', 'the new key of this spec'];

describe('the secret of an endpoint', () => {
  const clock = new VirtualClock(new Date('2027-03-01T12:00:00.000Z'));
  const receiver = new Receiver();
  const copies: ServiceUnderTest<Context>[] = [];
  /** The notifier, started again with these keys. */
  const startedWith = async (...keys: string[]): Promise<WebhookBench> => {
    const env = { WEBHOOK_ALLOW_PRIVATE: 'true', CALLER_KEY: keys.join() };
    copies.push(await startServiceUnderTest(notifier, { clock, env, databaseUrl: copies[0]?.databaseUrl }));
    return new WebhookBench(copies.at(-1)!, clock);
  };
  before(() => receiver.listen());
  after(async () => {
    for (const copy of copies) await copy.stop();
    receiver.close();
  });

  it('stays, with the one before it, when CALLER_KEY is exchanged as the page of operators says', async () => {
    const first = await startedWith(OLD);
    const { id, secret: former } = await first.create(receiver.url('/hook'));
    const { secret } = await first.request('rotate_webhook', { webhook_id: id });
    await startedWith(NEW, OLD);
    const last = await startedWith(NEW);
    last.start();
    await last.happens({ ...last.event(newId(), 1), customer_id: first.customer });
    const [message] = await last.arrive(receiver, '/hook', 1);
    for (const one of [secret, former]) expect(isSignedWith(one, message!), one).to.equal(true);
    await last.stop();
  });
});
