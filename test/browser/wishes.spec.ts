import { expect } from 'chai';
import { Api } from '@missions/test-support/api.ts';
import { expectAccessible } from './accessibility.ts';
import { SCHEMES, visits, WIDTHS } from './browser.ts';

const user = 'ada';

describe('what I am told, in the settings', () => {
  const browser = visits();
  let api: Api;
  beforeEach(() => (api = new Api(browser.product())));
  const read = async (path: string): Promise<any> =>
    (await api.get(`/api/v1/${path}`, { headers: { 'x-user-id': user } })).body;

  async function settings() {
    const visit = await browser.open({ as: { customer: api.customer, user } });
    await visit.page.goto('/settings');
    await visit.page.getByRole('button', { name: 'Save what I am told' }).waitFor();
    return visit;
  }

  it('is kept, and stands there after a reload', async () => {
    const { page } = await settings();
    await page.getByRole('checkbox', { name: 'A mission ends soon if nobody cares for it: by mail' }).uncheck();
    await page.getByRole('checkbox', { name: 'A question waits for me: on my devices' }).uncheck();
    await page.getByRole('checkbox', { name: 'Devices may show what is asked' }).check();
    await page.getByLabel('A question that I have not seen is mailed').selectOption('after 4 hours');
    await page.getByLabel('Once a day').selectOption('at 07:00');
    await page.getByRole('checkbox', { name: 'Send nothing at certain hours' }).check();
    await page.getByLabel('From').fill('22:30');
    await page.getByRole('checkbox', { name: 'Sunday' }).uncheck();
    await page.getByRole('button', { name: 'Save what I am told' }).click();
    await page.getByText('Saved', { exact: true }).waitFor({ state: 'attached' });
    const kept = await read('notifications/preferences');
    expect(kept).to.deep.include({
      mail_after_minutes: 240,
      digest_hour: 7,
      quiet_hours: { from: '22:30', to: '07:00', weekdays: ['mon', 'tue', 'wed', 'thu', 'fri', 'sat'] },
    });
    expect(kept.channels.stale).to.include({ mail: false, push: true });
    expect(kept.channels.question).to.include({ mail: true, push: false });
    expect(kept.push_text).to.equal(true);
    await page.reload();
    await page.getByRole('checkbox', { name: 'Send nothing at certain hours' }).waitFor();
    for (const [name, isChecked] of [
      ['A mission ends soon if nobody cares for it: by mail', false],
      ['A mission ends soon if nobody cares for it: on my devices', true],
      ['A question waits for me: on my devices', false],
      ['Devices may show what is asked', true],
    ] as const)
      expect(await page.getByRole('checkbox', { name }).isChecked(), name).to.equal(isChecked);
    expect(await page.getByLabel('From').inputValue()).to.equal('22:30');
    for (const [width, size] of Object.entries(WIDTHS))
      for (const colorScheme of SCHEMES) {
        await page.setViewportSize(size);
        await page.emulateMedia({ colorScheme });
        await expectAccessible(page, `settings with quiet hours on a ${width}, ${colorScheme}`);
      }
  });

  it('goes to an address of mine once I have confirmed it, in my zone and language', async () => {
    const { page, watch } = await settings();
    watch.allow(/status of 400/);
    await page.getByText('No mail is sent to you').waitFor();
    await page.getByLabel('Time zone').selectOption('Asia/Tokyo');
    await page.getByLabel('Language of mail').selectOption('Deutsch');
    await page.getByRole('button', { name: 'Save who I am' }).click();
    await page.getByText('Saved', { exact: true }).waitFor({ state: 'attached' });
    await page.getByLabel('Mail address').fill('ada@example.com');
    await page.getByRole('button', { name: 'Save the address' }).click();
    await page.getByLabel('The code that was mailed to').fill('00000000');
    await expectAccessible(page, 'an address that is not confirmed');
    await page.getByRole('button', { name: 'Confirm the address' }).click();
    await page.getByRole('alert').waitFor();
    expect(await read('me')).to.include({
      time_zone: 'Asia/Tokyo',
      locale: 'de',
      email: null,
      email_pending: 'ada@example.com',
    });
  });
});
