import { expect } from 'chai';
import type { BrowserContext, Page, Worker } from 'playwright-core';
import { BrowserKeys, PushService } from '@missions/notifier/testing/push-service.ts';
import { waitUntil } from '@missions/test-support/wait-until.ts';
import { expectAccessible, LOOKS } from './accessibility.ts';
import { ada } from './ada.ts';
import { SCHEMES, WIDTHS } from './browser.ts';

const ON = 'This device shows you messages.';
const asAda = { headers: { 'x-user-id': 'ada' } };

/**
 * The browser of the specs has no screen for notifications and denies them, whatever is granted: this one notes, in the
 * service worker, what would be shown.
 */
const SCREEN = `(() => {
  const screen = new Map();
  self.wasShown = [];
  ServiceWorkerRegistration.prototype.showNotification = async (title, options) => {
    wasShown.push({ title, silent: options.silent });
    screen.set(options.tag, { ...options, title, close: () => screen.delete(options.tag) });
  };
  ServiceWorkerRegistration.prototype.getNotifications = async ({ tag } = {}) =>
    [...screen.values()].filter((one) => tag === undefined || one.tag === tag);
})()`;

/** A browser of a user, with a push service of ours: this one cannot reach that of its maker. */
describe('messages on a device', function () {
  this.timeout(120_000);
  const person = ada();
  const keys = new BrowserKeys();
  let push: PushService;
  let devices = 0;
  before(async () => {
    push = new PushService();
    await push.listen();
  });
  after(() => push.close());

  /** Only where the browser subscribes, and what is granted, is not its own. */
  const subscribes = (context: BrowserContext): Promise<unknown> => {
    const { endpoint, p256dh, auth } = push.device(keys, `browser-${(devices += 1)}`);
    const json = { endpoint, expirationTime: null, keys: { p256dh, auth } };
    return context.addInitScript(`PushManager.prototype.subscribe = async (options) => {
      globalThis.subscribedWith = options;
      return { toJSON: () => (${JSON.stringify(json)}), unsubscribe: async () => true };
    };
    Object.defineProperty(Notification, 'permission', { value: 'granted' });`);
  };
  async function settings() {
    const visit = await person.visit();
    await visit.context.grantPermissions(['notifications'], { origin: visit.origin });
    await subscribes(visit.context);
    await visit.page.goto('/settings');
    await visit.page.getByRole('heading', { name: 'Messages on your devices' }).waitFor();
    return visit;
  }
  const turnOn = async (page: Page): Promise<void> => {
    await page.getByRole('button', { name: 'Show messages on this device' }).click();
    await page.getByText(ON).first().waitFor();
    await (await worker(page.context())).evaluate(SCREEN);
  };
  const worker = async (context: BrowserContext): Promise<Worker> =>
    context.serviceWorkers()[0] ?? (await context.waitForEvent('serviceworker'));
  const registered = async () => (await person.api.get('/api/v1/notifications/devices', asAda)).body;
  const shown = async (page: Page): Promise<{ title: string; body: string; tag: string }[]> =>
    await (
      await worker(page.context())
    ).evaluate(`self.registration.getNotifications()
      .then((all) => all.map(({ title, body, tag }) => ({ title, body, tag })))`);

  /** What has arrived at the push service for the latest browser. */
  async function arrived(index: number): Promise<string> {
    const mine = () => push.pushed.filter(({ path }) => path.endsWith(`/browser-${devices}`));
    await waitUntil(() => mine().length > index, { withinMs: 60_000, what: `message ${index} at the push service` });
    return keys.decrypt(mine()[index]?.body ?? Buffer.alloc(0));
  }
  /** As the browser hands a message to the page's service worker. */
  async function deliver(page: Page, data: string): Promise<void> {
    const session = await page.context().newCDPSession(page);
    const registrationId = await new Promise<string>((resolve) => {
      session.on('ServiceWorker.workerRegistrationUpdated', ({ registrations }) => {
        if (registrations[0]) resolve(registrations[0].registrationId);
      });
      void session.send('ServiceWorker.enable');
    });
    const { origin } = new URL(page.url());
    await session.send('ServiceWorker.deliverPushMessage', { origin, registrationId, data });
    await session.detach();
  }
  const shows = (page: Page, count: number) =>
    waitUntil(async () => (await shown(page)).length === count, { withinMs: 30_000, what: `${count} messages` });

  it('are shown from the moment they are wanted, end with the question, and end with the device', async () => {
    const { page, context } = await settings();
    await turnOn(page);
    const { devices: list, public_key } = await registered();
    expect(list.map(({ name }: { name: string }) => name)).to.deep.equal(['Chrome on Linux']);
    expect(await page.evaluate('subscribedWith')).to.deep.equal({
      userVisibleOnly: true,
      applicationServerKey: public_key,
    });
    const mission = await person.planted.mission({ title: 'Find a time for the budget meeting' });
    const { id, reach } = await person.planted.ask(mission.id, { urgency: 'high' });
    expect(reach.channels).to.include('push');
    await deliver(page, await arrived(0));
    await shows(page, 1);
    expect(await shown(page)).to.deep.equal([
      { title: 'Question: Find a time for the budget meeting', body: '', tag: `question:${id}` },
    ]);
    await person.api.post(`/api/v1/input-requests/${id}/respond`, { selected_option: 'tue' }, asAda);
    await deliver(page, await arrived(1));
    await shows(page, 0);
    const all = await (await worker(context)).evaluate('wasShown');
    expect(all, 'the end makes no sound').to.deep.equal([
      { title: 'Question: Find a time for the budget meeting', silent: false },
      { title: 'A question needs you no longer', silent: true },
    ]);
    await page.reload();
    await page.getByText(ON).first().waitFor();
    await page.getByRole('button', { name: 'Show none on this device' }).click();
    await page.getByRole('button', { name: 'Show messages on this device' }).waitFor();
    expect((await registered()).devices).to.deep.equal([]);
  });

  it('open the page of what they are about when they are pressed, and nothing else', async () => {
    const { page, context, origin } = await settings();
    await turnOn(page);
    const opens: string[] = [];
    for (const path of ['/q/1?choice=tue', 'https://evil.example/q/1', '//evil.example/q/1']) {
      await deliver(page, JSON.stringify({ title: 'Question', path, tag: 'question:1' }));
      await shows(page, 1);
      const pressed = `(async () => {
        const opened = [];
        const openWindow = async (url) => void opened.push(url);
        const matchAll = async () => [{ url: '${origin}/settings', focus: async () => void opened.push('focus') }];
        Object.defineProperty(self, 'clients', { value: { matchAll, openWindow }, configurable: true });
        const [notification] = await self.registration.getNotifications();
        await new Promise((resolve) => self.dispatchEvent(Object.assign(new Event('notificationclick'), {
          notification, waitUntil: (done) => done.then(resolve),
        })));
        return opened;
      })()`;
      opens.push(...((await (await worker(context)).evaluate(pressed)) as string[]));
      await shows(page, 0);
    }
    expect(opens).to.deep.equal([`${origin}/q/1?choice=tue`, `${origin}/`, `${origin}/`]);
    await deliver(page, JSON.stringify({ title: 'Settings', path: '/settings', tag: 'settings' }));
    await shows(page, 1);
    await deliver(page, 'no JSON');
    await shows(page, 2);
  });

  it('can be ended from another device, and are then not said to be shown here', async () => {
    const { page } = await settings();
    await turnOn(page);
    const { devices: list } = await registered();
    for (const { width, scheme } of LOOKS) {
      await page.setViewportSize(WIDTHS[width]);
      await page.emulateMedia({ colorScheme: scheme });
      await expectAccessible(page, `settings with a device on a ${width}, ${scheme}`);
    }
    await person.api.send('DELETE', `/api/v1/notifications/devices/${list[0].id}`, asAda);
    await page.reload();
    await page.getByText('This device shows you no messages.').waitFor();
  });

  it('end with signing out, because the browser is left to others', async () => {
    const { page } = await settings();
    await turnOn(page);
    await page.locator('#main').getByRole('button', { name: 'Sign out' }).click();
    await page.waitForURL('**/sign-in');
    expect((await registered()).devices).to.deep.equal([]);
  });

  it('are subscribed anew by the service worker when the browser has given the subscription up', async () => {
    const { page, context } = await settings();
    await turnOn(page);
    const [before] = (await registered()).devices;
    const { endpoint, p256dh, auth } = push.device(keys, `renewed-${devices}`);
    const json = JSON.stringify({ endpoint, keys: { p256dh, auth } });
    await (
      await worker(context)
    ).evaluate(`new Promise((resolve, reject) => self.dispatchEvent(
      Object.assign(new Event('pushsubscriptionchange'), {
        newSubscription: { toJSON: () => (${json}) }, waitUntil: (done) => done.then(resolve, reject),
      })))`);
    const [device, ...others] = (await registered()).devices;
    expect(others).to.deep.equal([]);
    expect(device.id).to.not.equal(before.id);
    await page.reload();
    await page.getByText(ON).first().waitFor();
  });

  for (const [what, script, text] of [
    [
      'the browser does not allow it',
      `Object.defineProperty(Notification, 'permission', { value: 'denied' })`,
      'does not let the page',
    ],
    ['the browser has no such thing', 'delete globalThis.PushManager', 'cannot show messages'],
    [
      'the page is not encrypted',
      `Object.defineProperty(globalThis, 'isSecureContext', { value: false })`,
      'with https',
    ],
  ] as const)
    it(`are refused in plain words where ${what}`, async () => {
      const { page, context } = await person.visit();
      await context.addInitScript(script);
      await page.goto('/settings');
      await page.getByText(text).waitFor();
      expect(await page.getByRole('button', { name: 'Show messages on this device' }).count()).to.equal(0);
      for (const colorScheme of SCHEMES) {
        await page.emulateMedia({ colorScheme });
        await expectAccessible(page, `settings where ${what}, ${colorScheme}`);
      }
    });

  it('are not turned on by a person who does not allow them, nor by a push service that does not answer', async () => {
    const { page } = await settings();
    await page.evaluate(`PushManager.prototype.subscribe = () => Promise.reject(new Error('no push service'))`);
    await page.getByRole('button', { name: 'Show messages on this device' }).click();
    await page.getByText('The push service of this browser did not answer').waitFor();
    await page.evaluate(`Notification.requestPermission = async () => 'default'`);
    await page.getByRole('button', { name: 'Show messages on this device' }).click();
    await page.getByText('You did not allow messages').waitFor();
    expect((await registered()).devices).to.deep.equal([]);
  });
});
