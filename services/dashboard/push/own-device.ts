/** Which of the user's devices this browser is. The page and its service worker both read it, so that it is a cache's. */
const CACHE = 'device';
const KEY = '/own-device';

export async function readOwnDevice(): Promise<string | undefined> {
  const kept = await (await caches.open(CACHE)).match(KEY);
  return await kept?.text();
}

export async function keepOwnDevice(id: string): Promise<void> {
  await (await caches.open(CACHE)).put(KEY, new Response(id));
}

export async function forgetOwnDevice(): Promise<void> {
  await caches.delete(CACHE);
}
