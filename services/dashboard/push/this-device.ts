import { client } from '../store/client.ts';
import { forgetOwnDevice, keepOwnDevice, readOwnDevice } from './own-device.ts';
import { browserName, subscriptionIn } from './subscription.ts';

const WORKER = '/service-worker.js';

/** What keeps this browser from showing messages; undefined for nothing. */
export function hindrance(): string | undefined {
  if (!isSecureContext)
    return 'This browser shows messages only of pages that are opened with https, and this one is not.';
  if (!('serviceWorker' in navigator && 'PushManager' in window && 'Notification' in window))
    return 'This browser cannot show messages while the page is closed. On an iPhone or iPad, open the page from the home screen.';
  if (Notification.permission === 'denied')
    return 'This browser does not let the page show messages. Allow its notifications in the browser’s settings, and load the page again.';
  return undefined;
}

/** @throws Error whose message is for the user */
export async function turnOn(publicKey: string): Promise<void> {
  if ((await Notification.requestPermission()) !== 'granted')
    throw refusal('You did not allow messages, so that none are shown on this device.');
  const { pushManager } = await startWorker();
  // Of whoever has used this browser before: what is pushed to them must not be shown here.
  await (await pushManager.getSubscription())?.unsubscribe();
  const subscription = await pushManager
    .subscribe({ userVisibleOnly: true, applicationServerKey: publicKey })
    .catch(() => {
      throw refusal(
        'The push service of this browser did not answer, so that no messages can be shown. Try again later.',
      );
    });
  try {
    const { id } = await client.addMyDevice({
      ...subscriptionIn(subscription),
      name: browserName(navigator.userAgent),
    });
    await keepOwnDevice(id);
  } catch (error) {
    await subscription.unsubscribe();
    throw error;
  }
}

/** After the device was removed. */
export async function turnedOff(): Promise<void> {
  await forgetOwnDevice();
  const registration = await navigator.serviceWorker.getRegistration();
  await (await registration?.pushManager.getSubscription())?.unsubscribe();
}

/** Whoever signs out leaves the browser to others. The browser ends it for itself, if the product cannot be told. */
export async function turnOffIfOn(): Promise<void> {
  if (hindrance() !== undefined) return;
  const own = await readOwnDevice();
  if (own === undefined) return;
  await client.removeMyDevice(own).catch(() => {});
  await turnedOff();
}

/** As the page's other refusals have it. */
const refusal = (detail: string): Error => Object.assign(new Error(detail), { detail });

async function startWorker(): Promise<ServiceWorkerRegistration> {
  await navigator.serviceWorker.register(trustedAddress() as string, { scope: '/' });
  return await navigator.serviceWorker.ready;
}

interface TrustedTypes {
  createPolicy(
    name: string,
    rules: { createScriptURL(text: string): string },
  ): { createScriptURL(text: string): unknown };
}

/** Made once: a policy of one name is. */
let trusted: unknown;

/** The policy of the page lets no script choose which script runs; it allows this one address by the policy's name. */
function trustedAddress(): unknown {
  const { trustedTypes } = globalThis as { trustedTypes?: TrustedTypes };
  trusted ??= trustedTypes
    ? trustedTypes.createPolicy('service-worker', { createScriptURL: () => WORKER }).createScriptURL('')
    : WORKER;
  return trusted;
}
