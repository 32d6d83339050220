import { expect } from 'chai';
import { Problem } from '@missions/contracts/errors.ts';
import type { Caller } from '@missions/contracts/request.ts';
import { parser } from '@missions/contracts/schema.ts';
import { NewWebhook } from '@missions/contracts/notifier/webhooks.ts';
import { newId } from '@missions/runtime/id.ts';
import {
  refusal,
  type ServiceUnderTest,
  startServiceUnderTest,
} from '@missions/service-kit/testing/service-under-test.ts';
import type { Context } from '../commands/context.ts';
import { notifier } from '../service.ts';

const url = 'https://example.org/hooks';
const types = ['mission.*'];

describe('an endpoint of a customer’s', function () {
  this.timeout(60_000);
  let service: ServiceUnderTest<Context>;
  let customer: string;
  before(async () => {
    service = await startServiceUnderTest(notifier);
  });
  beforeEach(() => {
    customer = newId();
  });
  after(() => service.stop());

  const call = <T = Record<string, any>>(verb: string, input: object, over: Partial<Caller> = {}): Promise<T> =>
    service.request<T>(verb, input, { caller: { kind: 'service', customer_id: customer, user_id: null, ...over } });
  const create = (path = '') => call('create_webhook', { url: `${url}${path}`, types, description: 'of the billing' });

  it('shows its secret once, and the database has it sealed', async () => {
    const { secret, ...webhook } = await create();
    expect(secret).to.match(/^whsec_[A-Za-z0-9+/]{43}=$/);
    expect(webhook).to.include({ url, status: 'active', description: 'of the billing', disabled_at: null });
    expect(await call('webhooks', {})).to.deep.equal({ webhooks: [webhook] });
    expect(await call('webhook', { webhook_id: webhook['id'] })).to.deep.equal(webhook);
    const { rows } = await service.db.pool.query('select * from webhook where id = $1', [webhook['id']]);
    expect(JSON.stringify(rows)).not.to.contain(secret.slice('whsec_'.length));
  });

  it('is the business of the trusted backend alone', async () => {
    const { id: webhook_id } = await create();
    for (const kind of ['agent', 'user'] as const)
      for (const [verb, input] of [
        ['create_webhook', { url, types }],
        ['webhooks', {}],
        ['webhook', { webhook_id }],
        ['change_webhook', { webhook_id, patch: { status: 'paused' } }],
        ['delete_webhook', { webhook_id }],
        ['rotate_webhook', { webhook_id }],
        ['test_webhook', { webhook_id }],
        ['deliveries', { webhook_id }],
        ['redeliver', { webhook_id, delivery_id: webhook_id }],
      ] as const)
        expect((await refusal(call(verb, input, { kind }))).code, `${verb} by ${kind}`).to.equal('FORBIDDEN');
  });

  it('does not exist for another customer', async () => {
    const { id: webhook_id } = await create();
    const { id: delivery_id } = await call('test_webhook', { webhook_id });
    const foreign = { customer_id: 'another' };
    for (const [verb, input] of [
      ['webhook', { webhook_id }],
      ['change_webhook', { webhook_id, patch: { status: 'paused' } }],
      ['delete_webhook', { webhook_id }],
      ['rotate_webhook', { webhook_id }],
      ['test_webhook', { webhook_id }],
      ['deliveries', { webhook_id }],
      ['redeliver', { webhook_id, delivery_id }],
    ] as const)
      expect((await refusal(call(verb, input, foreign))).code, verb).to.equal('NOT_FOUND');
    expect(await call('webhooks', {}, foreign)).to.deep.equal({ webhooks: [] });
    expect(await call('deliveries', { webhook_id })).to.have.nested.property('deliveries.length', 1);
    expect((await refusal(call('webhook', { webhook_id: 'no id' }))).code).to.equal('NOT_FOUND');
  });

  for (const [address, why] of [
    ['http://example.org/hooks', /not encrypted/],
    ['http://127.0.0.1/hooks', /not encrypted/],
    ['https://127.0.0.1/hooks', /private address/],
    ['https://[::1]/hooks', /private address/],
    ['https://169.254.169.254/latest', /private address/],
    ['https://metadata.localhost/', /private address/],
    ['https://ada:secret@example.org/', /password/],
  ] as const)
    it(`is never at ${address}`, async () => {
      const { code, message } = await refusal(call('create_webhook', { url: address, types }));
      expect(code).to.equal('VALIDATION_FAILED');
      expect(message).to.match(why);
      const { id: webhook_id } = await create();
      const changed = call('change_webhook', { webhook_id, patch: { url: address } });
      expect((await refusal(changed)).message).to.match(why);
    });

  it('names events that there are, and no notes between services', () => {
    const parse = parser(NewWebhook);
    for (const type of ['mission.completed', 'approval.*', 'scheduler.run_finished', 'notifier.*'])
      expect(() => parse({ url, types: [type] }), type).not.to.throw();
    for (const type of ['timer.mission', 'scheduler.timer_set', 'timer.*', '*', 'mission.nothing', 'webhook.test'])
      expect(() => parse({ url, types: [type] }), type).to.throw(Problem);
  });

  it('is one of fifty at most, whatever is asked at once', async () => {
    const asked = await Promise.allSettled(Array.from({ length: 55 }, (_, n) => create(`/${n}`)));
    expect(asked.filter(({ status }) => status === 'fulfilled')).to.have.length(50);
    const { webhooks } = await call('webhooks', {});
    await call('delete_webhook', { webhook_id: webhooks[0].id });
    expect((await refusal(call('webhook', { webhook_id: webhooks[0].id }))).code).to.equal('NOT_FOUND');
    await create();
  });

  it('is not made twice by a call that is repeated, which is told how to get its secret', async () => {
    const asked = await Promise.allSettled(Array.from({ length: 5 }, () => create()));
    const refused = asked.flatMap((one) => (one.status === 'rejected' ? [one.reason as Problem] : []));
    expect(refused).to.have.length(4);
    const { webhooks } = await call('webhooks', {});
    expect(webhooks).to.have.length(1);
    for (const { code, message, members } of refused) {
      expect(code).to.equal('INVALID_TRANSITION');
      expect(members['webhook_id']).to.equal(webhooks[0].id);
      expect(message).to.contain(`${webhooks[0].id}/rotate`);
    }
    expect((await call('rotate_webhook', { webhook_id: webhooks[0].id }))['secret']).to.match(/^whsec_/);
    await call('create_webhook', { url, types: ['email.*'] });
    await call('delete_webhook', { webhook_id: webhooks[0].id });
    await create();
  });

  it('is shown to operators with what is wrong with it, and to nobody else', async () => {
    const { id } = await create();
    await service.db.pool.query(
      `update webhook set failing_since = now() - interval '1 hour', last_error = 'answered 503' where id = $1`,
      [id],
    );
    const seen = await call('operate_webhooks', {}, { kind: 'operator' });
    expect(seen['total']).to.be.at.least(1);
    const [first] = seen['webhooks'].filter((one: { customer_id: string }) => one.customer_id === customer);
    expect(first).to.include({ id, url, status: 'active', last_error: 'answered 503', pending: 0, undelivered: 0 });
    expect(JSON.stringify(seen)).not.to.contain('secret');
    for (const kind of ['service', 'agent', 'user'] as const)
      expect((await refusal(call('operate_webhooks', {}, { kind }))).code, kind).to.equal('FORBIDDEN');
  });

  it('lists its deliveries page by page', async () => {
    const { id: webhook_id } = await create();
    const sent: string[] = [];
    for (let n = 0; n < 5; n += 1) sent.push((await call('test_webhook', { webhook_id }))['id']);
    const listed: string[] = [];
    let cursor: string | null = null;
    do {
      const page: Record<string, any> = await call('deliveries', { webhook_id, limit: 2, ...(cursor && { cursor }) });
      expect(page['deliveries'].length).to.be.at.most(2);
      listed.push(...page['deliveries'].map(({ id }: { id: string }) => id));
      cursor = page['next_cursor'];
    } while (cursor !== null);
    expect(listed.toSorted()).to.deep.equal(sent.toSorted());
    expect(await call('deliveries', { webhook_id, status: 'delivered' })).to.deep.equal({
      deliveries: [],
      next_cursor: null,
    });
    expect((await refusal(call('deliveries', { webhook_id, cursor: 'x' }))).code).to.equal('VALIDATION_FAILED');
  });
});
