import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import type { Page } from 'playwright-core';
import { Api } from '@missions/test-support/api.ts';
import { CROSSED, expectAccessibleOn, LOOKS } from './accessibility.ts';
import { visits } from './browser.ts';

const user = 'ada';
const PROMPT = 'Send the invitation to Ben?';
const mail = { type: 'send_email', to: ['ben@example.com'], subject: 'Tuesday', body: 'Dear Ben,\n\nat ten?' };
const edits = {
  type: 'object',
  properties: {
    subject: { type: 'string', title: 'Subject line', maxLength: 20 },
    body: { type: 'string' },
    to: { type: 'array', description: 'One address in each line' },
  },
};

describe('a question with an action in the browser', () => {
  const browser = visits();
  let api: Api;
  beforeEach(() => (api = new Api(browser.product())));

  async function opened(fields: object = {}, reader = user) {
    const { id: mission } = await api.mission({ title: 'Q1 budget meeting' });
    const asked = await api.post(`missions/${mission}/input-requests`, {
      prompt: PROMPT,
      action: mail,
      edits,
      ...fields,
    });
    expect(asked.status, asked.text).to.equal(201);
    const id = asked.body.request_id as string;
    const { page, watch } = await browser.open({ as: { customer: api.customer, user: reader } });
    await page.clock.install();
    await page.goto(`/q/${id}`);
    await page.getByRole('heading', { level: 1, name: PROMPT }).waitFor();
    return { id, page, watch };
  }
  const read = async (id: string): Promise<any> =>
    (await api.get(`/api/v1/input-requests/${id}`, { headers: { 'x-user-id': user } })).body;
  const press = (page: Page, name: string) => page.getByRole('button', { name, exact: true }).click();

  it('shows the mail that would be sent, takes changes and a note, and gives the receipt of what was approved', async () => {
    const { id, page } = await opened();
    await page.getByRole('heading', { name: 'Mail that would be sent' }).waitFor();
    await expectAccessibleOn(LOOKS, page, 'a question with an action');
    await page.getByLabel('Subject line').fill('Wednesday');
    await page.getByLabel('Words to go with it').fill('Not before nine');
    await page.getByRole('heading', { name: 'With your changes' }).waitFor();
    await expectAccessibleOn(LOOKS, page, 'an action with changes');
    await press(page, 'Approve');
    await page.clock.fastForward(10_000);
    await page.getByRole('status').filter({ hasText: 'You chose Approve' }).waitFor();
    const { response } = await read(id);
    const { receipt, ...rest } = response;
    expect(rest).to.deep.equal({
      ...{ selected_option: 'approve', freeform_text: null, responded_by: user, via: 'api', note: 'Not before nine' },
      ...{ edits: { subject: 'Wednesday' }, effective_action: { ...mail, subject: 'Wednesday' } },
    });
    await page.getByRole('heading', { name: 'Approved' }).waitFor();
    await page.getByText('It proves that you approved exactly this action').waitFor();
    await expectAccessibleOn(CROSSED, page, 'an approved action');
    const file = page.waitForEvent('download');
    await page.getByRole('link', { name: 'Download the receipt' }).click();
    expect(readFileSync(await (await file).path(), 'utf8')).to.equal(receipt);

    await page.goto('/history');
    await page.getByRole('link', { name: 'Download the receipt' }).waitFor();
    await expectAccessibleOn(CROSSED, page, 'a history with a receipt');
  });

  it('that several must approve is shown to an assignee, with who has, and waits for the others', async () => {
    const { id, page } = await opened({ edits: null, assignees: ['bea', 'cem'], quorum: 2 }, 'bea');
    await page.getByText('This is a question to ada, which you may answer as well. Also asked: cem.').waitFor();
    await page.getByText('0 of 2 people have approved').waitFor();
    await expectAccessibleOn(CROSSED, page, 'a question to several people');
    await press(page, 'Approve');
    await page.clock.fastForward(10_000);
    await page.getByRole('heading', { name: 'You have approved' }).waitFor();
    await page.getByText('1 of 2 people have approved').waitFor();
    expect(await read(id)).to.include({ status: 'pending' });
    expect((await read(id)).approvals).to.have.lengthOf(1);
    await page.goto('/');
    await page.getByRole('heading', { name: /inbox/i }).first().waitFor();
    await page
      .getByText(/Nothing waits|Welcome|A mission is work/)
      .first()
      .waitFor();
  });

  it('says why a change is refused, and keeps it', async () => {
    const { id, page, watch } = await opened();
    watch.allow(/status of 400/);
    await page.getByLabel('Subject line').fill('A subject line that is much too long');
    await press(page, 'Approve');
    await page.clock.fastForward(10_000);
    await page.getByText('must have at most 20 characters').waitFor();
    expect(await page.getByLabel('Subject line').inputValue()).to.contain('much too long');
    expect((await read(id)).status).to.equal('pending');
  });

  it('is refused with a note, and nothing of it may be done', async () => {
    const { id, page } = await opened();
    await page.getByLabel('Words to go with it').fill('Ask Carla first');
    await press(page, 'Reject');
    await page.clock.fastForward(10_000);
    await page.getByRole('status').filter({ hasText: 'You chose Reject' }).waitFor();
    await page.getByText('Ask Carla first').waitFor();
    expect((await read(id)).response).to.deep.equal({
      ...{ selected_option: 'reject', freeform_text: null, responded_by: user, via: 'api', note: 'Ask Carla first' },
    });
    expect(await page.getByRole('link', { name: 'Download the receipt' }).count()).to.equal(0);
  });

  it('that cannot be undone is approved by a second act, and by no key pressed twice', async () => {
    const { id, page } = await opened({ irreversible: true });
    await page.keyboard.press('1');
    await page.getByRole('heading', { name: 'This cannot be undone' }).waitFor();
    await page.keyboard.press('1');
    await page.clock.fastForward(10_000);
    expect((await read(id)).status).to.equal('pending');
    await expectAccessibleOn(LOOKS, page, 'a second act');
    await press(page, 'Go back');
    await press(page, 'Approve');
    await press(page, 'Confirm: this cannot be undone');
    await page.clock.fastForward(10_000);
    await page.getByRole('status').filter({ hasText: 'You chose Approve' }).waitFor();
    expect((await read(id)).response.receipt).to.be.a('string');
  });
});
