import { expect } from 'chai';
import { Client } from 'pg';
import { Api } from '@missions/test-support/api.ts';
import { expectAccessibleOn, LOOKS } from './accessibility.ts';
import { visits } from './browser.ts';
import { codeFor } from './codes.ts';

describe('signing in with a browser', () => {
  const browser = visits();
  let customer: string;
  const user = 'ada';

  beforeEach(() => ({ customer } = new Api(browser.product())));

  it('takes the code of a link, and leaves no trace of it in the address or the history', async () => {
    const { page, context } = await browser.open();
    const code = await codeFor(customer, user);
    await page.goto(`/sign-in#${code}`);
    await page.waitForURL((url) => url.pathname !== '/sign-in', { waitUntil: 'commit' });
    expect((await (await context.request.get('/api/v1/me')).json()).user_id).to.equal(user);
    await page.goBack().catch(() => null);
    expect(page.url()).not.to.contain(code);
  });

  it('goes on to the path of ours for which it was asked, and to no other place', async () => {
    for (const [wanted, reached] of [
      ['/missions?tab=done', '/missions'],
      ['//evil.example/docs', undefined],
      ['https://evil.example/docs', undefined],
      ['/\\evil.example/docs', undefined],
      ['javascript:alert(1)', undefined],
    ] as const) {
      const { page, origin, context } = await browser.open();
      const query = new URLSearchParams({ return_to: wanted }).toString();
      await page.goto(`/sign-in?${query}#${await codeFor(customer, user)}`);
      await page.waitForURL((url) => url.pathname !== '/sign-in', { waitUntil: 'commit' });
      expect(new URL(page.url()).origin, wanted).to.equal(origin);
      if (reached !== undefined) expect(new URL(page.url()).pathname).to.equal(reached);
      expect((await context.cookies()).map(({ name, httpOnly }) => [name, httpOnly])).to.deep.equal([
        ['missions', true],
      ]);
    }
  });

  it('says of a code that was used or never was one which command makes another', async () => {
    const code = await codeFor(customer, user);
    const first = await browser.open();
    await first.page.goto(`/sign-in#${code}`);
    await first.page.waitForURL((url) => url.pathname !== '/sign-in', { waitUntil: 'commit' });
    for (const spent of [code, 'nonsense']) {
      const { page, watch } = await browser.open();
      watch.allow(/status of 401/);
      await page.goto(`/sign-in#${spent}`);
      const status = page.getByRole('status').filter({ hasText: 'was used' });
      await status.waitFor();
      expect(await status.innerText()).to.contain('npm run missions -- sign-in --user');
      expect(page.url()).not.to.contain(spent);
    }
  });

  it('reads nothing more once the session has expired', async () => {
    const { context, page } = await browser.open({ as: { customer, user } });
    await page.goto('/sign-in');
    expect((await context.request.get('/api/v1/me')).status()).to.equal(200);
    const rows = new Client({ connectionString: browser.product().database.adminUrl });
    await rows.connect();
    await rows.query("update gateway.user_session set expires_at = now() - interval '1 ms' where customer_id = $1", [
      customer,
    ]);
    await rows.end();
    expect((await context.request.get('/api/v1/me')).status()).to.equal(401);
  });

  it('shows a page that everybody can use on every screen', async () => {
    const { page } = await browser.open();
    await page.goto('/sign-in');
    await page.getByRole('heading', { level: 1 }).waitFor();
    await expectAccessibleOn(LOOKS, page, 'the sign-in page');
  });

  it('runs and loads nothing that is written into its address', async () => {
    const { page, watch } = await browser.open();
    watch.allow(/status of 4\d\d/);
    const markup = `<img src=//evil.example/x onerror=alert(1)><script>alert(1)</script>`;
    await page.goto(`/sign-in?return_to=${encodeURIComponent(markup)}#${encodeURIComponent(markup)}`);
    await page.getByRole('heading', { level: 1 }).waitFor();
    expect(await page.locator('img[src*=evil]').count()).to.equal(0);
  });
});
