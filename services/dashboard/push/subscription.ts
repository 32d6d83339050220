import type { UserClient } from '@missions/client/user-client.ts';

type NewDevice = Parameters<UserClient['addMyDevice']>[0];

/** What the notifier needs of a subscription: where, and encrypted for whom. */
export function subscriptionIn(subscription: PushSubscription): Omit<NewDevice, 'name'> {
  const { endpoint = '', keys: { p256dh = '', auth = '' } = {} } = subscription.toJSON();
  return { endpoint, keys: { p256dh, auth } };
}

/** "Firefox on Android": enough to tell the devices of one person apart, by what the browser says of itself. */
export function browserName(agent: string): string {
  const of = (names: readonly (readonly [RegExp, string])[]): string | undefined =>
    names.find(([pattern]) => pattern.test(agent))?.[1];
  const browser = of([
    [/Edg/, 'Edge'],
    [/OPR|Opera/, 'Opera'],
    [/Firefox|FxiOS/, 'Firefox'],
    [/SamsungBrowser/, 'Samsung Internet'],
    [/Chrom|CriOS/, 'Chrome'],
    [/Safari/, 'Safari'],
  ]);
  const system = of([
    [/Android/, 'Android'],
    [/iPhone|iPad/, 'iOS'],
    [/Mac OS/, 'macOS'],
    [/Windows/, 'Windows'],
    [/CrOS/, 'ChromeOS'],
    [/Linux/, 'Linux'],
  ]);
  return `${browser ?? 'A browser'}${system === undefined ? '' : ` on ${system}`}`;
}
