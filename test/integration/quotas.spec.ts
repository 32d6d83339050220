import { expect } from 'chai';
import { Api } from '@missions/test-support/api.ts';
import { product, type SharedProduct } from '@missions/test-support/shared-product.ts';
import { operators } from '../e2e/operators.ts';

describe('quotas of customers', () => {
  let running: SharedProduct;
  let operator: ReturnType<typeof operators>;
  before(async () => {
    running = await product();
    operator = operators(running.servers, running.database, running, { OPERATOR: 'olga' });
  });

  it('are set by operators, hold for calls at once, and are shown beside what is used', async () => {
    const api = new Api(running);
    const { id } = await api.mission();
    const set = await operator.json(
      'quotas',
      api.customer,
      '--missions',
      '3',
      '--questions',
      '1',
      '--storage',
      '5000000000',
    );
    expect(set).to.deep.include({ customer_id: api.customer, changed: true });
    const create = () => api.post('missions', { user_id: 'ada', title: 'One more' });
    const made = await Promise.all(Array.from({ length: 20 }, create));
    const refused = made.filter(({ status }) => status !== 201);
    expect(new Set(refused.map(({ status, body }) => `${status} ${body.code}`))).to.deep.equal(
      new Set(['409 QUOTA_EXCEEDED']),
    );
    expect(refused).to.have.length(18);
    expect(refused[0]?.body).to.include({ quota: 'missions', limit: 3, used: 3 });
    expect(refused[0]?.headers.get('retry-after')).to.equal(null);
    const ask = () => api.post(`missions/${id}/input-requests`, { prompt: 'Which day?' });
    expect([(await ask()).status, (await ask()).body.quota]).to.deep.equal([201, 'questions']);

    const [listed] = await operator.json('customers', '--customer', api.customer);
    expect(listed).to.deep.include({
      missions: { open: 3, kept: 3 },
      questions: 1,
      mail: 0,
      quotas: { missions: 3, questions: 1, mail: null, storage: 5_000_000_000 },
      today: { runs: 0, input_tokens: 0, output_tokens: 0, costs: [] },
    });
    expect(listed.bytes).to.be.greaterThan(1_000);
    expect((await operator.execute('customers', '--customer', api.customer)).stdout).to.match(/3 of 3 +1 of 1 +0 /);
    expect((await operator.execute('quotas', api.customer)).stdout).to.match(
      /missions +3 +3 kept[^]*storage +4\.7 GiB/,
    );
  });

  it('are recorded when they change, and removed with the customer', async () => {
    const api = new Api(running);
    await api.mission();
    const quotas = (...args: string[]) => operator.json('quotas', api.customer, ...args);
    expect((await quotas('--missions', '0')).changed).to.equal(true);
    expect((await quotas('--missions', '0')).changed).to.equal(false);
    expect((await quotas('--mail', '7', '--missions', 'none')).quotas).to.deep.include({ mail: 7, missions: null });
    const { entries } = await operator.json('audit', '--customer', api.customer, '--action', 'quotas.changed');
    expect(entries.map((one: any) => [one.service, one.operator, one.target_id, one.result])).to.deep.equal([
      ['mission', 'olga', api.customer, 'done'],
      ['mission', 'olga', api.customer, 'done'],
    ]);
    const erased = await operator.execute('erase-customer', api.customer, '--yes');
    expect(erased.code, erased.stderr).to.equal(0);
    expect(await operator.json('customers', '--customer', api.customer)).to.deep.equal([]);
    const again = await operator.execute('quotas', api.customer, '--missions', '5');
    expect([again.code, again.stderr]).to.satisfy(
      ([code, text]: [number, string]) => code === 1 && text.includes('erased'),
    );
  });

  it('are listed a page at a time, and a wrong call says how to mend it', async () => {
    const [one, other] = [new Api(running), new Api(running)];
    await Promise.all([one.mission(), other.mission()]);
    const page = (offset: string) => operator.json('customers', '--limit', '1', '--offset', offset);
    const [first, second] = await Promise.all([page('0'), page('1')]);
    expect([first.length, second.length, first[0].customer_id === second[0].customer_id]).to.deep.equal([1, 1, false]);
    expect(first[0].bytes).to.be.at.least(second[0].bytes);
    const misuses: [string[], RegExp][] = [
      [['quotas'], /quotas <customer>/],
      [['quotas', 'x', '--missions', 'many'], /--missions must be a whole number/],
      [['quotas', 'x', '--mail', '3000000000'], /--mail must be at most/],
      [['customers', '--limit', '2000'], /--limit must be at most 1000/],
    ];
    await Promise.all(
      misuses.map(async ([args, says]) => {
        const { code, stderr } = await operator.execute(...args);
        expect([args, code]).to.deep.equal([args, 2]);
        expect(stderr).to.match(says);
      }),
    );
  });
});
