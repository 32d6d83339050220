import { expect } from 'chai';
import { Api } from '@missions/test-support/api.ts';
import { CROSSED, expectAccessibleOn, expectNoSideways } from './accessibility.ts';
import { visits, WIDTHS } from './browser.ts';
import { ARABIC, HOSTILE, LONG, Planted } from './planted.ts';

const TEXTS = { 'markup, scripts, links and overrides': HOSTILE, 'three hundred characters': LONG, Arabic: ARABIC };

describe('text of agents and strangers on the page', () => {
  const browser = visits();

  for (const [what, text] of Object.entries(TEXTS))
    it(`is shown as text, and the page stands it: ${what}`, async () => {
      const api = new Api(browser.product());
      const planted = new Planted(api, 'ada', browser.product().smtpPort);
      const mission = await planted.full(text);
      const [{ id: request }] = (await api.get(`missions/${mission.id}`)).body.input_requests;
      const { page } = await browser.open({ as: { customer: api.customer, user: 'ada' } });
      for (const path of ['/', '/missions', `/missions/${mission.id}`, `/q/${request}`]) {
        await page.goto(path);
        await page.getByText(text.slice(0, 40)).first().waitFor();
        await page.locator('.item, .card, .history > li').first().waitFor({ state: 'attached' });
        for (const size of Object.values(WIDTHS)) {
          await page.setViewportSize(size);
          await expectNoSideways(page, `${path} at ${size.width}`);
        }
        // What axe looks at is the same in all texts; how wide they are is not.
        if (text === HOSTILE) await expectAccessibleOn(CROSSED, page, path);
        expect(
          await page.locator('main :is(img, script, iframe, object, [onerror], [href^="javascript" i])').count(),
        ).to.equal(0);
        for (const link of await page.locator('main a[target]').all())
          expect(await link.getAttribute('rel')).to.contain('noopener');
      }
    });
});
