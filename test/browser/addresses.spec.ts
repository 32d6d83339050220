import { Api } from '@missions/test-support/api.ts';
import { expectAccessible } from './accessibility.ts';
import { visits } from './browser.ts';

describe('a wrong address', () => {
  const browser = visits();

  it('is said to be one by the page itself, whatever it is, and the way back is there', async () => {
    const { customer } = new Api(browser.product());
    const { page, watch } = await browser.open({ as: { customer, user: 'ada' } });
    watch.allow(/status of 40[04]/);
    for (const path of [
      '/nothing',
      '/%',
      '/q/%',
      '/missions/%ff',
      '/missions/',
      '//nothing',
      '/q/1/2',
      '/q/a%2F..%2Fb',
    ]) {
      await page.goto(`${browser.product().origin}${path}`);
      const heading = /There is nothing here|no longer there|No such mission|Missions/;
      await page.getByRole('heading', { level: 1, name: heading }).waitFor();
    }
    await page.goto('/q/%');
    await expectAccessible(page, 'a wrong address');
    await page.getByRole('link', { name: 'Go to your inbox' }).click();
    await page.getByRole('heading', { level: 1, name: 'Inbox' }).waitFor();
    await page.goBack();
    await page.getByRole('heading', { level: 1, name: 'There is nothing here' }).waitFor();
  });
});
