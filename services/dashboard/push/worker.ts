import { client } from '../store/client.ts';
import { messageIn, ownPath } from './message.ts';
import { keepOwnDevice, readOwnDevice } from './own-device.ts';
import { subscriptionIn } from './subscription.ts';

/**
 * The page's service worker: it shows what is pushed, opens what is pressed, and has no part in what the page loads. Its
 * types are those members that it uses, because those of workers and of pages cannot be in one program.
 */
interface Woken extends Event {
  waitUntil(done: Promise<unknown>): void;
}
interface Pushed extends Woken {
  readonly data: { json(): unknown } | null;
}
interface Pressed extends Woken {
  readonly notification: Notification;
}
interface Resubscribed extends Woken {
  readonly newSubscription?: PushSubscription | null;
}
interface Tab {
  readonly url: string;
  focus(): Promise<unknown>;
}
interface Worker {
  readonly location: Location;
  readonly registration: ServiceWorkerRegistration;
  readonly clients: {
    matchAll(options: { type: 'window'; includeUncontrolled: true }): Promise<readonly Tab[]>;
    openWindow(url: string): Promise<unknown>;
    claim(): Promise<void>;
  };
  skipWaiting(): Promise<void>;
  addEventListener(type: 'install' | 'activate', listener: (event: Woken) => void): void;
  addEventListener(type: 'push', listener: (event: Pushed) => void): void;
  addEventListener(type: 'notificationclick', listener: (event: Pressed) => void): void;
  addEventListener(type: 'pushsubscriptionchange', listener: (event: Resubscribed) => void): void;
}
const worker = self as unknown as Worker;

worker.addEventListener('install', (event) => event.waitUntil(worker.skipWaiting()));
worker.addEventListener('activate', (event) => event.waitUntil(worker.clients.claim()));
worker.addEventListener('push', (event) => event.waitUntil(show(dataOf(event))));
worker.addEventListener('notificationclick', (event) => event.waitUntil(open(event.notification)));
worker.addEventListener('pushsubscriptionchange', (event) => event.waitUntil(subscribeAnew(event.newSubscription)));

function dataOf({ data }: Pushed): unknown {
  try {
    return data?.json();
  } catch {
    return undefined;
  }
}

/**
 * What is decided takes the place of what was shown, silently, and goes: browsers take the right to push from a page that
 * shows nothing for a message.
 */
async function show(data: unknown): Promise<void> {
  const { title, body, path, tag, decided } = messageIn(data);
  await worker.registration.showNotification(title, { body, tag, data: path, silent: decided });
  if (!decided) return;
  for (const shown of await worker.registration.getNotifications({ tag })) shown.close();
}

/** A tab that shows it already comes to the front. No other is taken away from what somebody does in it. */
async function open(pressed: Notification): Promise<void> {
  pressed.close();
  const { href } = new URL(ownPath(String(pressed.data)), worker.location.origin);
  const tabs = await worker.clients.matchAll({ type: 'window', includeUncontrolled: true });
  const there = tabs.find(({ url }) => url === href);
  await (there ? there.focus() : worker.clients.openWindow(href));
}

/** The browser has given the subscription up. Only a device that is still wanted is subscribed again. */
async function subscribeAnew(given: PushSubscription | null | undefined): Promise<void> {
  const own = await readOwnDevice();
  const { devices, public_key } = await client.listMyDevices();
  const before = devices.find(({ id }) => id === own);
  if (!before || public_key === null) return;
  const { pushManager } = worker.registration;
  const subscription =
    given ?? (await pushManager.subscribe({ userVisibleOnly: true, applicationServerKey: public_key }));
  const { id } = await client.addMyDevice({ ...subscriptionIn(subscription), name: before.name });
  await keepOwnDevice(id);
  if (id !== before.id) await client.removeMyDevice(before.id);
}
