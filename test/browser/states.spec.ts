import { Api } from '@missions/test-support/api.ts';
import { OPERATOR } from '@missions/test-support/shared-product.ts';
import { CROSSED, expectAccessibleOn, LOOKS } from './accessibility.ts';
import { type Visit, visits } from './browser.ts';
import { Planted } from './planted.ts';

interface ShownView {
  readonly name: string;
  /** The address of the view with data, and without any. */
  readonly full: string;
  readonly empty: string;
  /** What is there once the data is. */
  readonly shows: string;
  readonly showsEmpty: string;
  /** Ada, unless it is for others. */
  readonly reader?: string;
}

/** Every view in every state that a reader may meet, at both widths, light and dark. */
describe('every view in every state', () => {
  const browser = visits();
  let customer: string;
  const views = new Map<string, ShownView>();
  const view = (name: string): ShownView => views.get(name) as ShownView;

  before(async () => {
    const api = new Api(browser.product());
    ({ customer } = api);
    const planted = new Planted(api, 'ada', browser.product().smtpPort);
    const meeting = await planted.meeting();
    const asked = await planted.ask(meeting.id, { prompt: 'May I book the large room?', urgency: 'high' });
    const newcomer = new Planted(api, 'newcomer', 0);
    const bare = await newcomer.mission({ title: 'Nothing planned' });
    const bareQuestion = await newcomer.ask((await newcomer.mission({ title: 'One question' })).id, { prompt: 'And?' });
    for (const shown of [
      { name: 'inbox', full: '/', empty: '/', shows: '.item', showsEmpty: '.item' },
      {
        name: 'question',
        full: `/q/${asked.request_id}`,
        empty: `/q/${bareQuestion.request_id}`,
        shows: '.answering',
        showsEmpty: '.answering',
      },
      { name: 'missions', full: '/missions', empty: '/missions?tab=done', shows: '.card', showsEmpty: '.nothing' },
      {
        name: 'mission',
        full: `/missions/${meeting.id}`,
        empty: `/missions/${bare.id}`,
        shows: '.history > li',
        showsEmpty: '#tasks',
      },
      { name: 'history', full: '/history', empty: '/history', shows: 'h1', showsEmpty: 'h1' },
      { name: 'settings', full: '/settings', empty: '/settings', shows: '.sessions li', showsEmpty: '.sessions li' },
      {
        name: 'operate',
        full: '/operate',
        empty: '/operate',
        shows: '.figures',
        showsEmpty: 'h1',
        reader: OPERATOR.user,
      },
    ])
      views.set(shown.name, shown);
  });

  const visit = ({ reader = 'ada' }: ShownView): Promise<Visit> =>
    browser.open({ as: reader === OPERATOR.user ? OPERATOR : { customer, user: reader } });
  const opened = async (it: Visit, { full, shows }: ShownView): Promise<void> => {
    await it.page.goto(full);
    await it.page.locator(shows).first().waitFor({ state: 'attached' });
  };
  /** The data of views; who the user is, and the stream, are the frame's. */
  const DATA = /\/api\/(v1\/(?!me$|stream$)|operate\/)/;
  const STREAM = /\/api\/v1\/stream$/;
  const body = JSON.stringify({ code: 'INTERNAL', title: 'x', status: 500, detail: 'It went wrong.' });

  for (const name of ['inbox', 'question', 'missions', 'mission', 'history', 'settings', 'operate']) {
    it(`${name}: full; without a connection, when reading goes on; and when the session has ended`, async () => {
      const it = await visit(view(name));
      const { page, context, watch } = it;
      const shown = page.locator(view(name).shows).first();
      await opened(it, view(name));
      await expectAccessibleOn(LOOKS, page, name);
      watch.allow(/ERR_INTERNET_DISCONNECTED|ERR_NETWORK/, /status of 401/);
      await context.setOffline(true);
      await page.getByText('You are offline').first().waitFor();
      await shown.waitFor({ state: 'attached' });
      await expectAccessibleOn(CROSSED, page, `offline ${name}`);
      await context.setOffline(false);
      await page.getByText('Live', { exact: true }).first().waitFor();
      await context.clearCookies();
      await page.evaluate("document.dispatchEvent(new Event('visibilitychange'))");
      await page.getByRole('dialog', { name: 'You are signed out' }).waitFor();
      await shown.waitFor({ state: 'attached' });
      await expectAccessibleOn(CROSSED, page, `signed out of ${name}`);
    });

    it(`${name}: while it is read, and when it cannot be read and is tried again`, async () => {
      const it = await visit(view(name));
      const { page } = it;
      it.watch.allow(/status of 500/);
      // A stream that opens has the page read again by itself, perhaps just when the button is pressed.
      await page.route(STREAM, () => {});
      await page.route(DATA, () => {});
      await page.goto(view(name).full);
      await page
        .getByText(/^(Loading|Reading)/)
        .first()
        .waitFor();
      await expectAccessibleOn(CROSSED, page, `loading ${name}`);
      await page.unroute(DATA);
      await page.route(DATA, (route) => route.fulfill({ status: 500, contentType: 'application/problem+json', body }));
      await page.reload();
      await page.getByRole('alert').first().waitFor();
      await expectAccessibleOn(CROSSED, page, `failed ${name}`);
      await page.unroute(DATA);
      await page.getByRole('button', { name: 'Try again' }).first().click();
      await page.locator(view(name).shows).first().waitFor({ state: 'attached' });
      // Parts of a view that were read apart are tried again when the reader comes back to the page.
      await page.evaluate("document.dispatchEvent(new Event('visibilitychange'))");
      await page.getByRole('alert').first().waitFor({ state: 'detached' });
    });

    it(`${name}: with nothing in it`, async () => {
      const { empty, showsEmpty } = view(name);
      const it = await visit({ ...view(name), reader: 'newcomer' });
      await it.page.goto(empty);
      await it.page.locator(showsEmpty).first().waitFor();
      await expectAccessibleOn(CROSSED, it.page, `empty ${name}`);
    });
  }
});
