import { expect } from 'chai';
import { openKeyDatabase } from '@missions/gateway/keys/database.ts';
import { createKey } from '@missions/gateway/keys/manage.ts';
import { newId } from '@missions/runtime/id.ts';
import { createLogger } from '@missions/runtime/logger.ts';
import { Api } from '@missions/test-support/api.ts';
import { OPERATOR } from '@missions/test-support/shared-product.ts';
import { waitUntil } from '@missions/test-support/wait-until.ts';
import { CROSSED, expectAccessibleOn, expectNoSideways } from './accessibility.ts';
import { type Visit, visits, WIDTHS } from './browser.ts';
import { type FailedEvent, plantDeadLetters } from './dead-letters.ts';
import { HOSTILE } from './planted.ts';

/** A header is one line of at most 500 characters. */
const REASON = HOSTILE.slice(0, 500);

describe('the operators’ view', () => {
  const browser = visits();
  let api: Api;
  beforeEach(() => (api = new Api(browser.product())));

  async function opened(): Promise<Visit> {
    const visit = await browser.open({ as: OPERATOR });
    await visit.page.goto('/operate');
    await visit.page.getByRole('table', { name: 'Services' }).waitFor();
    return visit;
  }
  const letterOf = ({ page }: Visit, mission: string) =>
    page.locator('.letters > li').filter({ hasText: `mission ${mission}` });
  const failed = (mission: string, fields: Partial<FailedEvent> = {}): FailedEvent => ({
    type: 'email.withdrawn',
    customer: api.customer,
    mission,
    data: {
      customer_id: api.customer,
      user_id: 'ada',
      mission_id: mission,
      task_id: null,
      tracking_id: newId(),
      subject: 'Which day?',
      reason: 'nobody needs it',
      not_sent_to: ['sarah@example.com'],
    },
    reason: REASON,
    ...fields,
  });

  it('is in nobody else’s navigation, and says to whoever opens it for whom it is', async () => {
    const { page, watch } = await browser.open({ as: { customer: api.customer, user: 'ada' } });
    await page.goto('/operate');
    await page.getByText('This view is for operators of the product').waitFor();
    expect(await page.getByRole('navigation').getByRole('link', { name: 'Operate' }).count()).to.equal(0);
    expect(watch.calls.filter((call) => call.includes('/api/operate'))).to.deep.equal([]);
    const { page: theirs } = await browser.open({ as: OPERATOR });
    await theirs.goto('/');
    await theirs.getByRole('link', { name: 'Operate' }).click();
    await theirs.getByRole('heading', { level: 1, name: 'Operate' }).waitFor();
  });

  it('shows services, streams, timers, mail and the kill switch, and reads them again by itself', async () => {
    const { page, watch } = await browser.open({ as: OPERATOR });
    await page.clock.install();
    await page.goto('/operate');
    const services = page.getByRole('table', { name: 'Services' });
    for (const name of ['mission', 'approval', 'scheduler', 'email-bridge'])
      await services.getByRole('cell', { name, exact: true }).waitFor();
    await page.getByRole('table', { name: 'Streams' }).getByRole('cell', { name: 'DEADLETTER' }).waitFor();
    await page.getByText('ready', { exact: true }).waitFor();
    await page.getByRole('definition').filter({ hasText: 'the database’s clock' }).waitFor();
    const reads = () => watch.calls.filter((call) => call === 'GET /api/operate/status').length;
    const before = reads();
    await page.clock.fastForward(11_000);
    await waitUntil(() => reads() > before, { what: 'the next reading' });
  });

  it('shows the endpoints of customers, what is wrong with them, and their words as text', async () => {
    const url = `https://nobody.invalid/${newId()}`;
    const body = { url, types: ['mission.*'], description: HOSTILE.slice(0, 500) };
    expect((await api.insist('POST', 'webhooks', { body })).status).to.equal(201);
    await api.mission();
    const { page } = await opened();
    const row = page.getByRole('table', { name: 'Webhooks' }).getByRole('row').filter({ hasText: url });
    await row.getByText('failing').waitFor();
    await row.getByRole('cell', { name: api.customer }).waitFor();
    await expectAccessibleOn(CROSSED, page, 'with an endpoint that fails');
  });

  it('shows the keys of agents: what each may do, when it was last used, and until when', async () => {
    const keys = await openKeyDatabase(
      browser.product().database.urlFor('gateway'),
      createLogger({ service: 'spec', level: 'error' }),
    );
    const made = { customer_id: api.customer, users: null, label: HOSTILE.slice(0, 200) };
    await createKey(keys, { ...made, agent_id: 'wide' }, newId());
    const narrow = await createKey(
      keys,
      { ...made, agent_id: 'narrow', users: ['ada'], scopes: ['missions', 'ask'], expires: 90 * 86_400 },
      newId(),
    );
    await keys.close();
    const { page } = await opened();
    const row = (agent: string) => page.getByRole('row').filter({ hasText: `${agent} of ${api.customer}` });
    await row('narrow').getByRole('cell', { name: 'missions, ask' }).waitFor();
    await row('narrow').getByRole('cell', { name: 'never' }).waitFor();
    await row('wide').getByRole('cell', { name: 'all users' }).waitFor();
    expect(await page.content()).not.to.contain(narrow.slice(-20));
  });

  it('shows what agents have used today and in the last days, whatever the ids and however large the figures', async () => {
    const cost = (currency: string) => ({ amount: '9999999999.999999', currency });
    const users = ['ada', 'W'.repeat(200), '<script>alert(1)</script> of everybody'];
    for (const [index, user_id] of users.entries()) {
      await api.mission({ user_id, can_run_autonomously: true });
      const headers = { 'x-agent-instance-id': 'worker' };
      const { id, fence } = (await api.insist('POST', 'runs/claim', { body: { wait_seconds: 20 }, headers })).body.run;
      const tokens = { input_tokens: 999_999_999_999 - index, output_tokens: 12_345 };
      for (const currency of ['EUR', 'JPY', 'USD'])
        await api.insist('POST', `runs/${id}/heartbeat`, {
          body: { fence, usage: { ...tokens, cost: cost(currency) } },
          headers,
        });
    }
    const { page } = await opened();
    const usage = page.getByRole('region', { name: 'Usage' });
    for (const span of ['today', 'the last 7 days', 'the last 30 days']) {
      await usage.getByLabel('When').selectOption(span);
      const row = usage.getByRole('row').filter({ hasText: `ada of ${api.customer}` });
      await row.getByRole('cell', { name: '999,999,999,999' }).waitFor();
      await row.getByRole('cell', { name: '9999999999.999999 EUR, 9999999999.999999 JPY' }).waitFor();
    }
    await usage.getByText('<script>alert(1)</script>').first().waitFor();
    for (const size of Object.values(WIDTHS)) {
      await page.setViewportSize(size);
      await usage.scrollIntoViewIfNeeded();
      await expectNoSideways(page, `usage at ${size.width}`);
    }
    await expectAccessibleOn(CROSSED, page, 'with what agents have used');
  });

  it('replays a dead letter by a second act, and its effect comes about', async () => {
    const mission = await api.mission({ title: 'Hears of its mail late' });
    await plantDeadLetters(browser.product(), [failed(mission.id)]);
    const visit = await opened();
    const letter = letterOf(visit, mission.id);
    await letter.getByText('<script>').waitFor();
    await letter.getByText('Headers and body').click();
    await letter.locator('pre').getByText('sarah@example.com').waitFor();
    await letter.getByRole('button', { name: 'Replay' }).click();
    await visit.page.getByRole('button', { name: 'Go back' }).click();
    await letter.getByRole('button', { name: 'Replay' }).click();
    await visit.page.getByRole('button', { name: 'Replay it' }).click();
    await letter.waitFor({ state: 'detached' });
    await waitUntil(
      async () => (await api.get(`missions/${mission.id}?include_events=50`)).text.includes('nobody needs it'),
      { what: 'the effect of the event' },
    );
  });

  it('drops a dead letter by the keyboard alone, and goes on from the list', async () => {
    const mission = newId();
    await plantDeadLetters(browser.product(), [failed(mission)]);
    const visit = await opened();
    const { keyboard } = visit.page;
    const letter = letterOf(visit, mission);
    await letter.getByRole('button', { name: 'Drop' }).focus();
    await keyboard.press('Enter');
    await visit.page.getByRole('dialog').waitFor();
    await keyboard.press('Tab');
    await keyboard.press('Enter');
    await letter.waitFor({ state: 'detached' });
    await visit.page.waitForFunction("document.activeElement.innerText === 'Dead letters'");
    const letters = await visit.context.request.get('/api/operate/dead-letters?limit=500');
    expect(await letters.text()).not.to.contain(mission);
  });

  it('holds dead letters back that come while somebody reads', async () => {
    await plantDeadLetters(browser.product(), [failed(newId())]);
    const visit = await browser.open({ as: OPERATOR });
    await visit.page.clock.install();
    await visit.page.goto('/operate');
    await visit.page.locator('.letters > li').first().waitFor();
    const mission = newId();
    await plantDeadLetters(browser.product(), [failed(mission)]);
    await visit.page.clock.fastForward(11_000);
    await visit.page.getByRole('button', { name: 'Show 1 new' }).click();
    await letterOf(visit, mission).waitFor();
  });

  it('stops the runs of a user by a second act, says who did it and why, and lets them go on', async () => {
    await api.mission({ title: 'Works by itself', can_run_autonomously: true });
    const claim = () => api.post('runs/claim', {}, { headers: { 'x-agent-instance-id': 'worker' } });
    const { page } = await opened();
    await page.getByText('Stop runs').click();
    const stop = page.getByRole('button', { name: 'Stop these runs' });
    expect(await stop.isDisabled()).to.equal(true);
    await page.getByLabel('Whose').selectOption('a user');
    await page.getByRole('textbox', { name: 'Customer' }).fill(api.customer);
    await page.getByRole('textbox', { name: 'User' }).fill('ada');
    await page.getByLabel('Why').fill(HOSTILE.slice(0, 400));
    await stop.click();
    await page.getByRole('button', { name: 'Stop them' }).click();
    const on = page.locator('.switches > li').filter({ hasText: api.customer });
    await on.getByText(`by ${OPERATOR.customer}:${OPERATOR.user}`).waitFor();
    expect(await on.innerText())
      .to.contain('<script>')
      .and.match(/stopped now \(.+\)/);
    expect((await claim()).status, 'while the switch is on').to.equal(204);
    await on.getByRole('button', { name: 'Let them go on' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Let them go on' }).click();
    await on.waitFor({ state: 'detached' });
    await waitUntil(async () => (await claim()).status === 200, { what: 'a run' });
  });

  it('stands two hundred dead letters of whatever text, on every screen', async () => {
    const ugly = (): FailedEvent =>
      failed(newId(), { customer: 'W'.repeat(255), type: `email.${'long_subject_'.repeat(15)}` });
    await plantDeadLetters(browser.product(), Array.from({ length: 200 }, ugly));
    const { page } = await opened();
    await page.locator('.letters > li').nth(99).waitFor({ state: 'attached' });
    // By the keyboard: while the letters above are laid out the button moves, and a click would meet nothing.
    await page.getByRole('button', { name: 'Show older' }).press('Enter');
    // To lay so much text out takes a busy machine long.
    await page.locator('.letters > li').nth(199).waitFor({ state: 'attached', timeout: 90_000 });
    expect(await page.locator('main :is(img, script)').count()).to.equal(0);
    for (const size of Object.values(WIDTHS)) {
      await page.setViewportSize(size);
      await page.locator('.letters > li').last().scrollIntoViewIfNeeded();
      await expectNoSideways(page, `two hundred dead letters at ${size.width}`);
    }
    await page.locator('.letters > li').first().getByRole('button', { name: 'Drop' }).click();
    await expectAccessibleOn(CROSSED, page, 'asked whether to drop one of two hundred dead letters');
  });

  it('says in place what cannot be read, keeps what it has, and says that it is offline', async () => {
    const { page, watch, context } = await opened();
    watch.allow(/status of 503|ERR_INTERNET_DISCONNECTED/);
    const problem = { code: 'UNAVAILABLE', title: 'x', status: 503, detail: 'The streams cannot be read.' };
    await page.route('**/api/operate/dead-letters*', (route) =>
      route.fulfill({ status: 503, contentType: 'application/problem+json', body: JSON.stringify(problem) }),
    );
    await page.evaluate("document.dispatchEvent(new Event('visibilitychange'))");
    await page.getByRole('region', { name: 'Dead letters' }).getByText('The streams cannot be read.').waitFor();
    await page.getByRole('table', { name: 'Services' }).waitFor();
    await context.setOffline(true);
    await page.getByText('You are offline: this is as it was read last').waitFor();
    await page.getByRole('table', { name: 'Services' }).waitFor();
  });
});
