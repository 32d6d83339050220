import { expect } from 'chai';
import type { Page } from 'playwright-core';
import { Api } from '@missions/test-support/api.ts';
import { CROSSED, expectAccessibleOn, LOOKS } from './accessibility.ts';
import { visits } from './browser.ts';

const user = 'ada';
const PROMPT = 'Send the invitation to Ben and Carla?';
const OPTIONS = [
  { id: 'yes', label: 'Send it', description: 'Both get it at once.' },
  { id: 'no', label: 'Do not send it' },
];

describe('a question in the browser', () => {
  const browser = visits();
  let api: Api;
  beforeEach(() => (api = new Api(browser.product())));

  const as = () => ({ customer: api.customer, user });
  async function ask(fields: object = {}, of: object = { title: 'Q1 budget meeting' }): Promise<string> {
    const { id } = await api.mission(of);
    const question = { prompt: PROMPT, options: OPTIONS, ...fields };
    const { status, text, body } = await api.post(`missions/${id}/input-requests`, question);
    expect(status, text).to.equal(201);
    return body.request_id;
  }
  const asked = async (id: string): Promise<any> =>
    (await api.get(`/api/v1/input-requests/${id}`, { headers: { 'x-user-id': user } })).body;
  const heading = (page: Page, name: string | RegExp = PROMPT) => page.getByRole('heading', { level: 1, name });
  const outcome = (page: Page, text: string) => page.getByRole('status').filter({ hasText: text });

  it('is answered by an option, once it can be taken back no longer', async () => {
    const id = await ask({ context: { to: ['ben@example.com'], cost: { total: 12.5 } } });
    const { page, watch } = await browser.open({ as: as() });
    await page.clock.install();
    await page.goto(`/q/${id}`);
    await heading(page).waitFor();
    await page.getByText('ben@example.com').waitFor();
    const option = page.getByRole('button', { name: 'Send it', exact: true });
    expect(await option.evaluate((button) => (button as any).ariaDescribedByElements[0].innerText)).to.contain(
      'at once',
    );
    await option.click();
    await page.getByRole('button', { name: 'Take back' }).click();
    await page.clock.fastForward(10_000);
    expect((await asked(id)).status).to.equal('pending');
    await option.click();
    await page.clock.fastForward(10_000);
    await outcome(page, 'You chose Send it').waitFor();
    expect((await asked(id)).response).to.include({ selected_option: 'yes', responded_by: user, via: 'api' });
    expect(watch.calls.filter((call) => call.endsWith('/respond'))).to.have.length(1);
  });

  it('is answered with the keyboard alone', async () => {
    const id = await ask();
    const { page } = await browser.open({ as: as() });
    await page.goto(`/q/${id}`);
    await heading(page).waitFor();
    await page.keyboard.press('2');
    await page.getByText('will be sent').waitFor();
    await page.keyboard.press('Escape');
    await page.getByText('will be sent').waitFor({ state: 'detached' });
    await page.keyboard.press('r');
    await page.keyboard.type('Ask me again at 1 pm');
    expect(await page.getByText('will be sent').count(), 'keys are letters in a field').to.equal(0);
    await page.keyboard.press('Control+Enter');
    await outcome(page, 'You answered').waitFor();
    expect((await asked(id)).response).to.include({ selected_option: null, freeform_text: 'Ask me again at 1 pm' });
  });

  it('has a choice preset by a link of a mail, which sends nothing before it is pressed', async () => {
    const id = await ask();
    const { page, watch } = await browser.open({ as: as() });
    await page.clock.install();
    for (const choice of ['nothing', '__proto__', '<b>', 'no']) {
      await page.goto(`/q/${id}?choice=${encodeURIComponent(choice)}`);
      await heading(page).waitFor();
      await page.getByRole('button', { name: 'Do not send it' }).waitFor();
      expect(await page.getByText('You came with the choice').count(), choice).to.equal(choice === 'no' ? 1 : 0);
    }
    await expectAccessibleOn(LOOKS, page, 'a preset choice');
    await page.clock.fastForward(60_000);
    expect((await asked(id)).status).to.equal('pending');
    expect(watch.calls.filter((call) => call.startsWith('POST') && call.includes('/input-requests/'))).to.have.length(
      0,
    );
    const preset = page.getByRole('button', { name: 'Do not send it' });
    expect(await preset.evaluate((button) => (button as any).ariaDescribedByElements[0].innerText)).to.contain(
      'Nothing is sent until you press it',
    );
    await preset.click();
    await page.clock.fastForward(10_000);
    await outcome(page, 'You chose Do not send it').waitFor();
    expect((await asked(id)).response).to.include({ selected_option: 'no', responded_by: user });
  });

  it('answers to no single key once somebody has switched them off', async () => {
    const id = await ask();
    const { page } = await browser.open({ as: as() });
    await page.goto(`/q/${id}`);
    await heading(page).waitFor();
    await page.keyboard.press('?');
    await page.getByRole('checkbox', { name: /Use these keys/ }).uncheck();
    await page.getByRole('button', { name: 'Close' }).click();
    await page.reload();
    await heading(page).waitFor();
    await page.keyboard.press('1');
    await page.keyboard.press('r');
    expect(await page.getByText('will be sent').count()).to.equal(0);
    expect(await page.getByRole('textbox').evaluate((field) => field === field.ownerDocument.activeElement)).to.equal(
      false,
    );
  });

  it('shows in both of two tabs who decided, and keeps what the later one typed', async () => {
    const id = await ask();
    const { page, context } = await browser.open({ as: as() });
    const second = await context.newPage();
    for (const tab of [page, second]) {
      await tab.goto(`/q/${id}`);
      await heading(tab).waitFor();
    }
    await second.getByRole('textbox').fill('A long letter');
    await page.getByRole('textbox').fill('No');
    await page.getByRole('button', { name: 'Send only the words' }).click();
    await outcome(page, 'You answered').waitFor();
    await outcome(second, 'You answered').waitFor();
    expect(await second.getByRole('textbox', { name: /not sent/ }).inputValue()).to.equal('A long letter');
    expect((await asked(id)).response.freeform_text).to.equal('No');
  });

  it('keeps what was typed through a reload, until it is sent', async () => {
    const id = await ask();
    const { page } = await browser.open({ as: as() });
    await page.goto(`/q/${id}`);
    await page.getByRole('textbox').fill('Not on a Monday');
    await page.reload();
    await heading(page).waitFor();
    expect(await page.getByRole('textbox').inputValue()).to.equal('Not on a Monday');
    await page.getByRole('button', { name: 'Send only the words' }).click();
    await outcome(page, 'You answered').waitFor();
    await page.reload();
    await outcome(page, 'You answered').waitFor();
    expect(await page.getByRole('textbox').count()).to.equal(0);
  });

  it('sends nothing while the browser is offline, and nothing by itself afterwards', async () => {
    const id = await ask();
    const { page, context, watch } = await browser.open({ as: as() });
    watch.allow(/ERR_INTERNET_DISCONNECTED/);
    await page.goto(`/q/${id}`);
    await heading(page).waitFor();
    await context.setOffline(true);
    await page.getByRole('button', { name: 'Send it', exact: true }).click();
    await page.getByText('You are offline. Nothing was sent.').waitFor();
    await context.setOffline(false);
    await page.getByText('Live').waitFor();
    expect(watch.calls.filter((call) => call.endsWith('/respond'))).to.deep.equal([]);
    await page.getByRole('button', { name: 'Send again' }).click();
    await outcome(page, 'You chose Send it').waitFor();
  });

  it('is sent when the page is left, for a choice that was not taken back is meant', async () => {
    const id = await ask();
    const { page } = await browser.open({ as: as() });
    await page.clock.install();
    await page.goto(`/q/${id}`);
    await page.getByRole('button', { name: 'Send it', exact: true }).click();
    await page.goto(`/history`);
    await page.getByRole('link', { name: PROMPT }).waitFor();
    expect((await asked(id)).response).to.include({ selected_option: 'yes' });
  });

  it('says what happens without an answer, and what happened', async () => {
    const id = await ask({ default_option: 'no', expires_in_hours: 2 });
    const { page } = await browser.open({ as: as() });
    await page.goto(`/q/${id}`);
    await page.getByText('If nobody answers by then, Do not send it is taken.').waitFor();
    const { mission_id } = await asked(id);
    const withdraw = `missions/${mission_id}/input-requests/${id}/withdraw?user_id=${user}`;
    expect((await api.post(withdraw, { reason: 'settled' })).status).to.equal(200);
    await outcome(page, 'nobody needs to answer any more').waitFor();
  });

  it('of another user, or of nobody, is not there', async () => {
    const id = await ask();
    const { page, watch } = await browser.open({ as: { customer: api.customer, user: 'ben' } });
    watch.allow(/status of 404/, /status of 400/);
    for (const path of [id, '5d2a0e0e-1f50-4d63-a7fc-5c5b1d0d4b1e', 'nonsense']) {
      await page.goto(`/q/${path}`);
      await heading(page, 'This question is no longer there').waitFor();
    }
  });

  it('shows mail, a change and fields as what they are, before the buttons, and everything else as it is', async () => {
    const id = await ask({
      context: {
        mail: {
          to: ['ben@example.com', 'carla@example.com'],
          subject: '<b>Q1</b>',
          body: 'Dear Ben,\n<script>x</script>',
          attachments: 2,
        },
        diff: { before: 'at ten\nroom 1', after: 'at ten\nroom \u202e2' },
        fields: [{ label: 'total_cost', value: 12.5 }],
        wrong: { mail: { subject: 1 } },
      },
    });
    const { page } = await browser.open({ as: as() });
    await page.goto(`/q/${id}`);
    const letter = page.getByRole('region', { name: 'Mail that would be sent' });
    expect(await letter.innerText())
      .to.contain('ben@example.com, carla@example.com')
      .and.contain('<b>Q1</b>')
      .and.contain('Dear Ben,\n<script>x</script>')
      .and.match(/Attachments\s+2/);
    const change = page.getByRole('region', { name: 'What would change' });
    expect(
      (await change.locator('> div').allInnerTexts()).map((line) => line.replace(/\s+/g, ' ').trim()),
    ).to.deep.equal(['at ten', '- removed: room 1', '+ added: room ⟨U+202E⟩2']);
    await page.getByText('total_cost', { exact: true }).waitFor();
    await page.getByText('Wrong').waitFor();
    const [context, answer] = await Promise.all(
      [page.locator('#context'), page.getByRole('button', { name: 'Send it', exact: true })].map((one) =>
        one.boundingBox(),
      ),
    );
    expect(context?.y).to.be.below(answer?.y ?? 0);
    await expectAccessibleOn(LOOKS, page, 'a question with mail and a change');
  });

  const ugly = {
    prompt: `${'<img src=x onerror=alert(1)> هل توافق على إرسال الدعوة؟ '.repeat(150)}https://bank.example@evil.example/`,
    options: [
      { id: 'a', label: 'word'.repeat(100), description: 'd'.repeat(2_000) },
      ...Array.from({ length: 11 }, (_, index) => ({ id: `o${index}`, label: `Option ${index}` })),
    ],
    context: {
      '<b>html</b>': 'javascript:alert(1)',
      long: 'x'.repeat(5_000),
      nested: { a: { b: [{ c: [1, null] }] } },
      mail: {
        subject: 'W'.repeat(300),
        body: '<img src=x onerror=alert(1)> http://evil.example/x.png '.repeat(50),
        to: [],
      },
      diff: `+${'y'.repeat(2_000)}\n-<img src=x>\n@@ 1 @@`,
    },
    urgency: 'high',
  };
  it('can be used by everybody on every screen, however it is written', async () => {
    const [id, long] = [await ask(), await ask(ugly, { title: 'T'.repeat(300) })];
    const { page } = await browser.open({ as: as() });
    await page.goto(`/q/${id}`);
    await page.getByRole('heading', { name: 'What the mission did so far' }).waitFor();
    await expectAccessibleOn(LOOKS, page, 'a question');
    for (const look of CROSSED) {
      await page.getByRole('button', { name: 'Send it', exact: true }).click();
      await page.getByText('will be sent').waitFor();
      await expectAccessibleOn([look], page, 'a choice that is held');
      await page.getByRole('button', { name: 'Take back' }).click();
    }
    await page.getByRole('textbox').fill('No');
    await page.getByRole('button', { name: 'Send only the words' }).click();
    await outcome(page, 'You answered').waitFor();
    await expectAccessibleOn(CROSSED, page, 'an answered question');
    await page.goto(`/q/${long}`);
    await page.getByRole('heading', { name: 'What the mission did so far' }).waitFor();
    await expectAccessibleOn(LOOKS, page, 'a question of much text');
    expect(await page.locator('article img').count()).to.equal(0);
    expect(await page.locator('h1').getByText('(evil.example)').count()).to.equal(1);
  });
});
