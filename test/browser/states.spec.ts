import { Api } from '@missions/test-support/api.ts';
import { expectAccessible } from './accessibility.ts';
import { SCHEMES, type Visit, visits, WIDTHS } from './browser.ts';
import { Planted } from './planted.ts';

interface ShownView {
  readonly name: string;
  /** The address of the view with data, and without any. */
  readonly full: string;
  readonly empty: string;
  /** What is there once the data is. */
  readonly shows: string;
  readonly showsEmpty: string;
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
      { name: 'missions', full: '/missions', empty: '/missions', shows: '.card', showsEmpty: '.nothing' },
      {
        name: 'mission',
        full: `/missions/${meeting.id}`,
        empty: `/missions/${bare.id}`,
        shows: '.history > li',
        showsEmpty: '#tasks',
      },
      { name: 'history', full: '/history', empty: '/history', shows: 'h1', showsEmpty: 'h1' },
      { name: 'settings', full: '/settings', empty: '/settings', shows: '.sessions li', showsEmpty: '.sessions li' },
    ])
      views.set(shown.name, shown);
  });

  const visit = (user: string): Promise<Visit> => browser.open({ as: { customer, user } });
  async function check({ page }: Visit, what: string): Promise<void> {
    for (const [width, size] of Object.entries(WIDTHS))
      for (const colorScheme of SCHEMES) {
        await page.setViewportSize(size);
        await page.emulateMedia({ colorScheme });
        await expectAccessible(page, `${what} on a ${width}, ${colorScheme}`);
      }
  }
  const opened = async (name: string): Promise<Visit> => {
    const it = await visit('ada');
    await it.page.goto(view(name).full);
    await it.page.locator(view(name).shows).first().waitFor({ state: 'attached' });
    return it;
  };
  /** The data of views; who the user is, and the stream, are the frame's. */
  const DATA = /\/api\/v1\/(?!me$|stream$)/;

  for (const name of ['inbox', 'question', 'missions', 'mission', 'history', 'settings']) {
    it(`${name}: full`, async () => check(await opened(name), name));

    it(`${name}: with nothing in it`, async () => {
      const it = await visit('newcomer');
      const { empty, showsEmpty } = view(name);
      await it.page.goto(name === 'missions' ? '/missions?tab=done' : empty);
      await it.page.locator(showsEmpty).first().waitFor();
      await check(it, `empty ${name}`);
    });

    it(`${name}: while it is read`, async () => {
      const it = await visit('ada');
      await it.page.route(DATA, () => {});
      await it.page.goto(view(name).full);
      await it.page
        .getByText(/^(Loading|Reading)/)
        .first()
        .waitFor();
      await check(it, `loading ${name}`);
    });

    it(`${name}: when it cannot be read, and can be tried again`, async () => {
      const it = await visit('ada');
      it.watch.allow(/status of 500/);
      const body = JSON.stringify({ code: 'INTERNAL', title: 'x', status: 500, detail: 'It went wrong.' });
      await it.page.route(DATA, (route) =>
        route.fulfill({ status: 500, contentType: 'application/problem+json', body }),
      );
      await it.page.goto(view(name).full);
      await it.page.getByRole('alert').first().waitFor();
      await check(it, `failed ${name}`);
      await it.page.unroute(DATA);
      await it.page.getByRole('button', { name: 'Try again' }).first().click();
      await it.page.locator(view(name).shows).first().waitFor({ state: 'attached' });
      await it.page.getByRole('alert').first().waitFor({ state: 'detached' });
    });

    it(`${name}: without a connection, which it says, and reading goes on`, async () => {
      const it = await opened(name);
      it.watch.allow(/ERR_INTERNET_DISCONNECTED|ERR_NETWORK/);
      await it.context.setOffline(true);
      await it.page.getByText('You are offline').first().waitFor();
      await it.page.locator(view(name).shows).first().waitFor({ state: 'attached' });
      await check(it, `offline ${name}`);
    });

    it(`${name}: when the session has ended, which a dialog says over what is shown`, async () => {
      const it = await opened(name);
      it.watch.allow(/status of 401/);
      await it.context.clearCookies();
      await it.page.evaluate("document.dispatchEvent(new Event('visibilitychange'))");
      await it.page.getByRole('dialog', { name: 'You are signed out' }).waitFor();
      await it.page.locator(view(name).shows).first().waitFor({ state: 'attached' });
      await check(it, `signed out of ${name}`);
    });
  }
});
