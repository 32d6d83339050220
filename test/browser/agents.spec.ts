import { expect } from 'chai';
import { expectAccessibleOn, LOOKS } from './accessibility.ts';
import { ada } from './ada.ts';

const headers = { 'x-user-id': 'ada' };

describe('what agents may do without me, in the settings', () => {
  const she = ada();
  const read = async (path: string): Promise<any> => (await she.api.get(`/api/v1/${path}`, { headers })).body;

  it('is stopped by one press, and goes on by another', async () => {
    const { page } = await she.visit();
    await page.goto('/settings');
    await page.getByRole('button', { name: 'Stop all work of agents for me' }).click();
    await page.getByText('All work of agents for you is stopped', { exact: true }).first().waitFor();
    expect(await read('stop')).to.include({ stopped: true });
    await page.getByRole('button', { name: 'Let them go on' }).click();
    await page.getByRole('button', { name: 'Stop all work of agents for me' }).waitFor();
    expect(await read('stop')).to.include({ stopped: false });
  });

  it('is what my rules say, each of which I can switch off and remove', async () => {
    const match = { agent_id: 'travel', max: { amount: 50 }, allowed: { to: ['Hotel Adler', '<b>Krone</b>'] } };
    const made = await she.api.post('/api/v1/approval-rules', { match, option: 'approve' }, { headers });
    expect(made.status, made.text).to.equal(201);
    const { page } = await she.visit();
    await page.goto('/settings');
    await page.getByText('amount is at most 50', { exact: true }).waitFor();
    await page.getByText('to is Hotel Adler or <b>Krone</b>', { exact: true }).waitFor();
    await expectAccessibleOn(LOOKS, page, 'settings with a rule');
    await page.getByRole('button', { name: 'Switch it off' }).click();
    await page.getByRole('button', { name: 'Switch it on' }).waitFor();
    expect((await read('approval-rules')).approval_rules[0]).to.include({ enabled: false });
    await page.getByRole('button', { name: 'Remove it' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Remove it' }).click();
    await page.getByText('amount is at most 50', { exact: true }).waitFor({ state: 'detached' });
    expect(await read('approval-rules')).to.deep.equal({ approval_rules: [] });
  });

  it('is done by somebody whom I name, until I end it', async () => {
    const { page } = await she.visit();
    await page.goto('/settings');
    await page.getByLabel('Who answers for you').fill('dan');
    await page.getByLabel('Last day').fill(new Date(Date.now() + 7 * 86_400_000).toISOString().slice(0, 10));
    await page.getByRole('button', { name: 'Let them answer' }).click();
    await page.getByText('answers for you, from').waitFor();
    await expectAccessibleOn(LOOKS, page, 'settings with a delegation');
    const [given] = (await read('delegations')).delegations;
    expect(given).to.include({ user_id: 'ada', to_user_id: 'dan' });
    await page.getByRole('button', { name: 'End it now' }).click();
    await page.getByText('answers for you, from').waitFor({ state: 'detached' });
    expect(await read('delegations')).to.deep.equal({ delegations: [] });
  });

  it('has limits of a day and hours that I set, and says what was used', async () => {
    const { id } = await she.api.mission({ title: 'Watch the fares', can_run_autonomously: true });
    const claimed = await she.api.post('runs/claim', { agent_id: 'worker', wait_seconds: 20 });
    const { id: run, fence } = claimed.body.run;
    const heartbeat = (cost: object, input_tokens: number) =>
      she.api.insist('POST', `runs/${run}/heartbeat`, {
        body: { fence, usage: { input_tokens, output_tokens: 7, cost } },
      });
    await heartbeat({ amount: '0.000001', currency: 'JPY' }, 1_000);
    await heartbeat({ amount: '12345678.5', currency: 'JPY' }, 987_654_321_012);
    const { page } = await she.visit();
    await page.goto('/settings');
    await page.getByLabel('Runs a day').fill('12');
    await page.getByLabel('Cost a day').fill('2,50');
    await page.getByRole('checkbox', { name: 'Let agents begin at certain hours only' }).check();
    await page.getByRole('checkbox', { name: 'Friday' }).uncheck();
    await page.getByRole('cell', { name: '987,654,321,012' }).waitFor();
    await expectAccessibleOn(LOOKS, page, 'settings with limits and usage');
    await page.getByRole('button', { name: 'Save these limits' }).click();
    await page.getByText('Saved', { exact: true }).waitFor({ state: 'attached' });
    const { hours, ...rest } = await read('limits');
    const max_cost_per_day = { amount: '2.50', currency: 'EUR' };
    expect(rest).to.deep.equal({ max_runs_per_day: 12, max_tokens_per_day: null, max_cost_per_day });
    expect(hours).to.deep.include({ from: '08:00', to: '18:00', weekdays: ['mon', 'tue', 'wed', 'thu'] });
    await page.goto(`/missions/${id}`);
    await page.getByText('987,654,321,012 tokens read, 7 written').waitFor();
    await page.getByText('No limits of its own').click();
    await page.getByLabel('Tokens a day').fill('5000');
    await expectAccessibleOn(LOOKS, page, 'a mission with its limits');
    await page.getByRole('button', { name: 'Save these limits' }).click();
    await page.getByText('This mission has limits').waitFor();
    expect(await read(`missions/${id}/limits`)).to.include({ max_tokens_per_day: 5_000, max_runs_per_day: null });
  });

  it('is a rule that is offered after five like answers, and made by my press alone', async () => {
    const ask = async (amount: number): Promise<string> => {
      const { id: mission } = await she.api.mission({ title: 'A hotel' });
      const asked = await she.api.post(`missions/${mission}/input-requests`, {
        prompt: 'Pay?',
        action: { type: 'pay', amount, to: 'Hotel Adler' },
      });
      expect(asked.status, asked.text).to.equal(201);
      return asked.body.request_id as string;
    };
    for (const amount of [10, 40, 20, 30]) {
      const path = `/api/v1/input-requests/${await ask(amount)}/respond`;
      expect((await she.api.post(path, { selected_option: 'approve' }, { headers })).status).to.equal(200);
    }
    const { page } = await she.visit();
    await page.clock.install();
    await page.goto(`/q/${await ask(15)}`);
    await page.getByRole('button', { name: 'Approve', exact: true }).click();
    await page.clock.fastForward(10_000);
    await page.getByRole('heading', { name: 'Do you want a rule to answer this?' }).waitFor();
    await page.getByText('amount is at most 40').waitFor();
    await expectAccessibleOn(LOOKS, page, 'a rule that is offered');
    await page.getByRole('checkbox', { name: 'to is Hotel Adler' }).uncheck();
    expect(await read('approval-rules')).to.deep.equal({ approval_rules: [] });
    await page.getByRole('button', { name: 'Let a rule answer this' }).click();
    await page.getByText('From now on your rule answers').waitFor();
    const [{ id, match, option }] = (await read('approval-rules')).approval_rules;
    expect([match.action_type, match.max, match.allowed, option]).to.deep.equal([
      'pay',
      { amount: 40 },
      undefined,
      'approve',
    ]);
    const answered = await ask(40);
    expect((await read(`input-requests/${answered}`)).response).to.include({ via: `rule:${id}` });
    await page.goto(`/q/${answered}`);
    await page.getByText('A rule chose').waitFor();
  });
});
