import type { Database } from '@missions/persistence/database.ts';
import { replaceServiceKey, serviceKey } from '../store/service-keys.ts';
import { makePushKeys, openPushKeys, type PushKeys, sealPushKeys } from './keys.ts';

const NAME = 'push';

/**
 * The product's pair of keys: the first copy of the service makes it, and it is sealed with the service's secret of now.
 * @param secrets the one of now, and the one before it while it is being changed
 * @returns undefined if none of them opens it: a new pair would silence every device that has subscribed with this one.
 */
export async function storedPushKeys(db: Database, secrets: readonly string[]): Promise<PushKeys | undefined> {
  const [secret = ''] = secrets;
  const sealed = await serviceKey(db, NAME, await sealPushKeys(await makePushKeys(), secret));
  const keys = await openPushKeys(sealed, secrets);
  if (keys && !(await openPushKeys(sealed, [secret])))
    await replaceServiceKey(db, NAME, sealed, await sealPushKeys(keys, secret));
  return keys;
}
