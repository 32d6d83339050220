import { expect } from 'chai';
import type { Page } from 'playwright-core';
import { Api } from '@missions/test-support/api.ts';
import { expectAccessible, expectAccessibleOn, LOOKS } from './accessibility.ts';
import { visits } from './browser.ts';
import { ARABIC } from './planted.ts';

const user = 'ada';
const OPTIONS = [
  { id: 'yes', label: 'Approve' },
  { id: 'no', label: 'Refuse' },
];

describe('the inbox in the browser', () => {
  const browser = visits();
  let api: Api;
  beforeEach(() => (api = new Api(browser.product())));

  const as = () => ({ customer: api.customer, user });
  async function ask(prompt: string, fields: object = {}): Promise<string> {
    const { id } = await api.mission({ title: `About: ${prompt}`.slice(0, 300) });
    const answer = await api.post(`missions/${id}/input-requests`, { prompt, options: OPTIONS, ...fields });
    expect(answer.status, answer.text).to.equal(201);
    return answer.body.request_id;
  }
  const respond = (id: string, answer: object) =>
    api.post(`/api/v1/input-requests/${id}/respond`, answer, { headers: { 'x-user-id': user } });
  const items = async (query = ''): Promise<any[]> =>
    (await api.get(`/api/v1/inbox${query}`, { headers: { 'x-user-id': user } })).body.items;
  const row = (page: Page, text: string | RegExp) => page.getByRole('listitem').filter({ hasText: text });
  async function openInbox(page: Page, text: string): Promise<void> {
    await page.goto('/');
    await page.getByRole('heading', { level: 1, name: 'Inbox' }).waitFor();
    await page.getByText(text).first().waitFor();
  }

  it('tells somebody who is new here what this is about', async () => {
    const { page } = await browser.open({ as: as() });
    await openInbox(page, 'You have no missions yet.');
    await expectAccessible(page, 'the first visit');
  });

  it('says that nothing waits, and what agents work on', async () => {
    await api.mission({ title: 'Move house' });
    const { page } = await browser.open({ as: as() });
    await openInbox(page, 'Nothing waits for you.');
    await page.getByRole('link', { name: 'Move house' }).waitFor();
    await expectAccessible(page, 'an empty inbox');
  });

  it('counts what waits in its heading, in the navigation and in the title of the tab, as the server does', async () => {
    await ask('Book the train?');
    await ask('Book the hotel?');
    const { page } = await browser.open({ as: as() });
    await openInbox(page, 'Book the hotel?');
    await page.getByRole('heading', { level: 2, name: 'Answer 2' }).waitFor();
    await page.getByRole('link', { name: /^Inbox.*2/ }).waitFor();
    await page.waitForFunction('document.title.startsWith("(2) Inbox")');
  });

  it('has what is written from right to left begin at the right, unread, too', async () => {
    const { id } = await api.mission({ title: ARABIC });
    await api.post(`missions/${id}/input-requests`, { prompt: ARABIC, options: OPTIONS });
    const { page } = await browser.open({ as: as() });
    await openInbox(page, ARABIC);
    const item = page.locator('.item.new');
    for (const written of [item.locator('.what'), item.locator('.of-mission')])
      expect(
        await written.evaluate((link: any) => link.ownerDocument.defaultView.getComputedStyle(link).direction),
      ).to.equal('rtl');
  });

  it('shows a new question below the others at once, and holds one back that would push them down', async () => {
    await ask('First?');
    const { page } = await browser.open({ as: as() });
    await openInbox(page, 'First?');
    await page.getByText('Live').waitFor();
    await ask('Second?');
    await row(page, 'Second?').waitFor();
    const before = await row(page, 'First?').boundingBox();
    await ask('Urgent one?', { urgency: 'high' });
    const held = page.getByRole('button', { name: /^1 new/ });
    await held.waitFor();
    expect(await row(page, 'First?').boundingBox()).to.deep.equal(before);
    await held.click();
    await row(page, 'Urgent one?').waitFor();
    expect((await page.getByRole('listitem').allInnerTexts()).find((text) => text.includes('?'))).to.contain(
      'Urgent one?',
    );
  });

  it('shows how a question ended that was answered elsewhere, in its place', async () => {
    const id = await ask('First?');
    await ask('Second?');
    const { page } = await browser.open({ as: as() });
    await openInbox(page, 'Second?');
    await page.getByText('Live').waitFor();
    const before = await row(page, 'First?').boundingBox();
    expect((await respond(id, { selected_option: 'yes' })).status).to.equal(200);
    await row(page, 'First?').getByText('You chose Approve').waitFor();
    expect(await row(page, 'First?').boundingBox()).to.include({ x: before?.x, y: before?.y });
    await page.getByRole('heading', { level: 2, name: 'Answer 1' }).waitFor();
    await expectAccessible(page, 'an inbox with an answered question');
    await page.reload();
    await row(page, 'Second?').waitFor();
    expect(await row(page, 'First?').count()).to.equal(0);
  });

  it('is used with the keyboard alone', async () => {
    await ask('First?');
    await ask('Second?');
    const { page } = await browser.open({ as: as() });
    await openInbox(page, 'Second?');
    const focused = (): Promise<string> => page.evaluate('document.activeElement.innerText');
    await page.keyboard.press('j');
    expect(await focused()).to.contain('First?');
    await page.keyboard.press('j');
    expect(await focused()).to.contain('Second?');
    await page.keyboard.press('k');
    await page.keyboard.press('e');
    await row(page, 'First?').getByRole('button', { name: 'Seen' }).waitFor({ state: 'detached' });
    expect((await items()).map(({ seen_at }) => seen_at !== undefined)).to.deep.equal([true, false]);
    await page.keyboard.press('u');
    await row(page, 'First?').getByRole('button', { name: 'Seen' }).waitFor();
    expect((await items()).map(({ seen_at }) => seen_at)).to.deep.equal([undefined, undefined]);
    await page.keyboard.press('h');
    await page.getByRole('dialog', { name: 'Put off until' }).waitFor();
    await expectAccessible(page, 'asked until when to put off');
    await page.getByRole('button', { name: /Tomorrow morning/ }).click();
    await row(page, 'First?').getByText('Put off: comes back').waitFor();
    expect(await items()).to.have.length(1);
    expect((await items('?snoozed=true'))[0].summary).to.contain('First?');
    await page.keyboard.press('j');
    await page.keyboard.press('j');
    await page.keyboard.press('o');
    await page.getByRole('heading', { level: 1, name: 'Second?' }).waitFor();
    expect(await focused(), 'the heading has the focus').to.contain('Second?');
    await page.keyboard.press('g');
    await page.keyboard.press('i');
    await page.getByRole('heading', { level: 1, name: 'Inbox' }).waitFor();
  });

  it('takes back by the same button that an item was seen', async () => {
    await ask('First?');
    const { page } = await browser.open({ as: as() });
    await openInbox(page, 'First?');
    await page.getByRole('button', { name: 'Seen' }).click();
    await page.getByRole('button', { name: 'Mark as new' }).click();
    await page.getByRole('button', { name: 'Seen' }).waitFor();
    expect((await items())[0]).not.to.have.property('seen_at');
  });

  it('leads to a question, and on to the next once that is chosen', async () => {
    const id = await ask('First?');
    await ask('Second?');
    const { page } = await browser.open({ as: as() });
    await openInbox(page, 'Second?');
    await page.getByRole('link', { name: 'First?' }).first().click();
    await page.getByRole('button', { name: 'Approve' }).click();
    await page.getByText('will be sent').waitFor();
    await page.getByRole('link', { name: 'Next question' }).waitFor();
    await page.keyboard.press('n');
    await page.getByRole('heading', { level: 1, name: 'Second?' }).waitFor();
    expect(await page.evaluate('document.activeElement.innerText')).to.equal('Second?');
    await page.getByRole('button', { name: 'Refuse' }).click();
    await page.getByText('No other question waits for you.').waitFor();
    await page.getByRole('button', { name: 'Take back' }).last().click();
    await page.getByText('Answered:').waitFor();
    const question = await api.get(`/api/v1/input-requests/${id}`, { headers: { 'x-user-id': user } });
    expect(question.body.response.selected_option).to.equal('yes');
  });

  it('can be used by everybody on every screen, whatever stands in it', async () => {
    await ask('هل توافق على إرسال الدعوة؟', { urgency: 'high' });
    await ask(`<img src=x onerror=alert(1)>${'word'.repeat(200)}`);
    await ask('A question that goes on and on. '.repeat(100));
    const { page } = await browser.open({ as: as() });
    await openInbox(page, 'goes on and on');
    await expectAccessibleOn(LOOKS, page, 'a full inbox');
    expect(await page.locator('main img').count()).to.equal(0);
  });
});
