import { expect } from 'chai';
import { waitUntil } from '@missions/test-support/wait-until.ts';
import { ada } from './ada.ts';
import type { Visit } from './browser.ts';

describe('the page of a mission', () => {
  const her = ada();
  const opened = async ({ id, title }: { id: string; title: string }): Promise<Visit> => {
    const visit = await her.visit();
    await visit.page.goto(`/missions/${id}`);
    await visit.page.getByRole('heading', { level: 1, name: title }).waitFor();
    return visit;
  };
  const read = async (id: string) => (await her.api.get(`missions/${id}?include_events=50`)).body;

  it('says what it waits for, who has replied and what was written outside', async () => {
    const mission = await her.planted.meeting();
    await her.planted.ask(mission.id, { prompt: 'May I book the large room?' });
    const { page } = await opened(mission);
    await page.getByText(/^Waits for your answer and a reply by mail, since .*, until /).waitFor();
    await page.getByText('1 of 5 tasks done').waitFor();
    const mail = page.getByRole('region', { name: 'Mail' });
    for (const [address, state] of [
      ['sarah', 'has replied'],
      ['john', 'has not replied'],
      ['aisha', 'has not replied'],
    ])
      await mail.getByText(`${address}@example.com ${state}`).waitFor();
    const reply = mail.locator('.reply');
    expect(await reply.innerText())
      .to.contain('Written outside of this product')
      .and.to.contain('Tuesday suits me.');
    const history = page.getByRole('region', { name: 'What has happened' });
    await history.getByText('Replied: Sarah Weber (sarah@example.com)').waitFor();
    await history.getByText('Asked you').waitFor();
    await page.getByRole('link', { name: 'May I book the large room?' }).waitFor();
  });

  it('offers what can be done as it stands, and does it', async () => {
    const mission = await her.planted.mission({ title: 'Controls', tasks: [{ title: 'one' }, { title: 'two' }] });
    const [one] = mission.tasks;
    const { page } = await opened(mission);
    const button = (name: string) => page.getByRole('button', { name, exact: true });
    await button('Pause').click();
    await page.getByText('Paused by you').first().waitFor();
    expect((await read(mission.id)).paused_by).to.equal('user');
    await button('Resume').click();
    await button('Pause').waitFor();
    await page.getByRole('switch', { name: /by themselves/ }).click();
    await page.getByText('agents work on it by themselves', { exact: true }).waitFor();
    expect((await read(mission.id)).can_run_autonomously).to.equal(true);
    await her.planted.patchTask(mission.id, one.id, { status: 'in_progress' });
    await her.planted.patchTask(mission.id, one.id, { status: 'failed', error: 'no room' });
    await page.getByText('no room').first().waitFor();
    await button('Try again what failed').click();
    await button('Try again what failed').waitFor({ state: 'detached' });
    expect((await read(mission.id)).tasks[0].status).to.equal('ready');
    expect(await page.getByRole('button', { name: 'Keep' }).count()).to.equal(0);
  });

  it('takes a second act for what cannot be undone, and begins at the way back', async () => {
    const mission = await her.planted.mission({ title: 'Deliberate', tasks: [{ title: 'one' }, { title: 'two' }] });
    const { page } = await opened(mission);
    const { keyboard } = page;
    const cancel = page.getByRole('button', { name: 'Cancel the mission' });
    await cancel.focus();
    await keyboard.press('Enter');
    await page.getByRole('dialog').waitFor();
    await keyboard.press('Enter');
    await page.getByRole('dialog').waitFor({ state: 'hidden' });
    expect((await read(mission.id)).status).to.equal('active');
    await page.getByRole('button', { name: 'Skip one' }).click();
    await page.getByRole('button', { name: 'Skip it for good' }).click();
    await page.locator('.task.skipped').waitFor();
    expect((await read(mission.id)).tasks.map((task: { status: string }) => task.status)).to.have.members([
      'skipped',
      'ready',
    ]);
    await cancel.click();
    await page.getByRole('button', { name: 'Cancel it for good' }).click();
    await page.getByText('Cancelled').first().waitFor();
    expect((await read(mission.id)).status).to.equal('cancelled');
    expect(await page.getByRole('button', { name: /Cancel|Pause|Skip/ }).count()).to.equal(0);
  });

  it('says so when what is pressed can no longer be done, and changes nothing', async () => {
    const mission = await her.planted.mission({ title: 'Too late', tasks: [{ title: 'one' }] });
    const { page, watch, context } = await opened(mission);
    watch.allow(/status of 409/);
    // This tab hears of nothing: it is as if the news were on their way.
    await context.route('**/api/v1/missions/*', (route) =>
      route.request().method() === 'GET' ? route.abort() : route.continue(),
    );
    watch.allow(/ERR_FAILED/);
    await her.planted.patch(mission.id, { status: 'cancelled' });
    await page.getByRole('button', { name: 'Pause' }).click();
    await page.getByRole('alert').filter({ hasText: 'has ended meanwhile' }).waitFor();
  });

  it('keeps a word to the agent until it was taken, and then shows it', async () => {
    const mission = await her.planted.mission({ title: 'A word' });
    const { page } = await opened(mission);
    const field = page.getByLabel('Whichever agent goes on reads it first');
    await field.pressSequentially('Not before ten');
    await page.reload();
    expect(await field.inputValue()).to.equal('Not before ten');
    await page.getByRole('button', { name: 'Leave it' }).click();
    await page.getByRole('region', { name: 'What has happened' }).getByText('Not before ten').waitFor();
    await waitUntil(async () => (await field.inputValue()) === '');
    const words = (await read(mission.id)).recent_events.filter(
      ({ event_type }: { event_type: string }) => event_type === 'user_message',
    );
    expect(words.map(({ content }: { content: string }) => content)).to.deep.equal(['Not before ten']);
  });

  it('shows what happens as it happens, and moves neither the focus nor what is read', async () => {
    const mission = await her.planted.large(60, { title: 'Live' });
    const { page } = await opened(mission);
    await page.getByText('Live', { exact: true }).first().waitFor();
    const last = page.locator('.task').last();
    await last.scrollIntoViewIfNeeded();
    await last.getByRole('button').focus();
    const before = await last.boundingBox();
    await her.planted.log(mission.id, { event_type: 'agent_message', content: 'I have begun' });
    await page.getByText('I have begun').waitFor({ state: 'attached' });
    expect(await page.evaluate('document.activeElement.textContent')).to.equal('Skip Step 60');
    expect(await last.boundingBox()).to.deep.equal(before);
  });

  it('does not move what is read at the end of the history when something is added to its begin', async () => {
    const mission = await her.planted.mission({ title: 'Talks a lot' });
    for (let said = 1; said <= 55; said++)
      await her.planted.log(mission.id, { event_type: 'note', title: `Entry ${said}.` });
    const { page } = await opened(mission);
    await page.getByText('Live', { exact: true }).first().waitFor();
    await page.getByRole('button', { name: 'Show earlier' }).scrollIntoViewIfNeeded();
    const read = page.locator('.history > li').filter({ hasText: 'Entry 12.' });
    const top = async () => (await read.boundingBox())?.y ?? Number.NaN;
    let before = Number.NaN;
    // Other parts of the page may still come.
    const settled = async () => before === (before = await top());
    await waitUntil(settled, { everyMs: 200, what: 'the entry at rest' });
    for (const title of ['New 1', 'New 2', 'New 3']) {
      await her.planted.log(mission.id, { event_type: 'note', title });
      await page.getByText(title).waitFor({ state: 'attached' });
    }
    await waitUntil(async () => Math.abs((await top()) - before) < 2, { what: 'the entry, where it was' });
    await page.getByRole('button', { name: 'Show earlier' }).click();
    await page.getByText('Entry 1.', { exact: false }).waitFor({ state: 'attached' });
  });

  it('draws the tasks as a graph, and reads the history page by page', async () => {
    const mission = await her.planted.large(60);
    const { page, watch } = await opened(mission);
    await page.getByRole('radio', { name: 'Graph' }).click();
    await page.locator('.graph .node').nth(59).waitFor();
    expect(await page.locator('.graph .node').count()).to.equal(60);
    expect(await page.locator('.graph .edge').count()).to.equal(40);
    await page.getByRole('radio', { name: 'List' }).click();
    expect(await page.locator('.task').count()).to.equal(60);
    const entries = page.locator('.history > li');
    await entries.nth(49).waitFor({ state: 'attached' });
    await page.getByRole('button', { name: 'Show earlier' }).click();
    await entries.nth(60).waitFor({ state: 'attached' });
    await her.planted.log(mission.id, { event_type: 'note', title: 'something new' });
    await page.getByText('something new').waitFor({ state: 'attached' });
    expect(await entries.count()).to.equal(62);
    expect(watch.calls.filter((call) => call.includes('/events?')).length).to.be.at.most(4);
  });

  it('reads the mail page by page, and keeps what was opened when more comes', async () => {
    const mission = await her.planted.mission({ title: 'Much mail' });
    const send = (subject: string) =>
      her.api.post('emails', { user_id: 'ada', to: ['sarah@example.com'], subject, body: 'x', mission_id: mission.id });
    for (let sent = 0; sent < 55; sent++) expect((await send(`Mail ${sent}`)).status).to.equal(201);
    const { page } = await opened(mission);
    const mails = page.locator('.mail > li');
    await mails.nth(49).waitFor({ state: 'attached' });
    await page.getByRole('button', { name: 'Show earlier mail' }).click();
    await mails.nth(54).waitFor({ state: 'attached' });
    await page.getByRole('button', { name: 'Show earlier mail' }).waitFor({ state: 'detached' });
    await send('The newest');
    await her.planted.log(mission.id, { event_type: 'note', title: 'sent' });
    await mails.getByText('The newest').waitFor({ state: 'attached' });
    await mails.nth(55).waitFor({ state: 'attached' });
  });

  it('says the same of a mission of somebody else as of none', async () => {
    const { id } = await her.api.mission({ user_id: 'eve', title: 'Secret' });
    const { page, watch } = await her.visit();
    watch.allow(/status of 40[04]/);
    for (const other of [id, '00000000-0000-7000-8000-000000000000', 'nonsense']) {
      await page.goto(`/missions/${other}`);
      await page.getByRole('heading', { level: 1, name: 'No such mission' }).waitFor();
    }
  });
});
