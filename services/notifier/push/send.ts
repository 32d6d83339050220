import { createPublicKey } from 'node:crypto';
import { encryptNotification } from '@block65/webcrypto-web-push';
import { type Post, postTo } from '@missions/http/post.ts';
import { PrivateAddress, refusePrivateLiteral } from '@missions/http/public-address.ts';
import type { PushSender, SendResult } from '../domain/notice.ts';
import { contentOf, type Pushed } from './content.ts';
import type { PushKeys } from './keys.ts';
import { authorising } from './token.ts';

export interface PushSettings {
  readonly keys: PushKeys;
  readonly contact: string;
  /** Whether a device may name an address within a private network, and a loopback address without TLS. */
  readonly allowPrivate: boolean;
  /** Milliseconds. */
  readonly now: () => number;
}

/** For everything from resolving the name to the end of the answer. */
const TIMEOUT_MS = 10_000;
/** Of an answer that refuses: enough for its reason. */
const MAX_REASON = 300;
/** A push service keeps a message for at most four weeks. */
const LONGEST_LIFETIME = 28 * 86_400;

/** Sends messages to the push services of browsers (RFC 8030), encrypted for the device alone (RFC 8291). */
export function pushSender({ keys, contact, allowPrivate, now }: PushSettings): PushSender {
  const authorise = authorising(keys, contact, now);
  return {
    publicKey: keys.publicKey,
    trouble: ({ endpoint, p256dh }) =>
      endpointTrouble(endpoint, allowPrivate) ?? (isPoint(p256dh) ? undefined : 'p256dh is no point of P-256'),
    send: async (device, message, lifetime, signal) => {
      const trouble = endpointTrouble(device.endpoint, allowPrivate);
      if (trouble !== undefined) return { kind: 'refused', reason: trouble };
      const pushed = contentOf(message);
      const body = await encrypted(device, pushed);
      if (body === undefined) return { kind: 'refused', reason: 'the keys of the device are no keys' };
      const target = new URL(device.endpoint);
      const headers = {
        authorization: await authorise(target.origin),
        'content-encoding': 'aes128gcm',
        'content-type': 'application/octet-stream',
        ttl: String(Math.min(Math.max(Math.floor(lifetime), 0), LONGEST_LIFETIME)),
        urgency: pushed.urgency,
        topic: pushed.topic,
      };
      return post(target, {
        headers,
        body,
        allowPrivate,
        signal: AbortSignal.any([signal, AbortSignal.timeout(TIMEOUT_MS)]),
      });
    },
  };
}

/**
 * Browsers say where their push service is, so that the address is whatever somebody likes: https only, and no address
 * of a private network. What a name resolves to is checked when it is called.
 * @returns why nothing can be sent there; undefined if it can
 */
export function endpointTrouble(endpoint: string, allowPrivate: boolean): string | undefined {
  const url = URL.parse(endpoint);
  if (url === null || (url.protocol !== 'https:' && url.protocol !== 'http:'))
    return 'the endpoint is no address of https';
  if (url.protocol === 'http:' && !(allowPrivate && isLoopback(url.hostname)))
    return 'the endpoint is not encrypted: it must be https';
  if (url.username !== '' || url.password !== '') return 'the endpoint has a password in its address';
  if (allowPrivate) return undefined;
  try {
    refusePrivateLiteral(url.hostname);
  } catch (error) {
    if (error instanceof PrivateAddress) return error.message;
    throw error;
  }
  return undefined;
}

function isPoint(p256dh: string): boolean {
  const point = Buffer.from(p256dh, 'base64url');
  if (point.length !== 65 || point[0] !== 4) return false;
  const [x, y] = [point.subarray(1, 33), point.subarray(33)].map((half) => half.toString('base64url'));
  try {
    createPublicKey({ key: { kty: 'EC', crv: 'P-256', x: x!, y: y! }, format: 'jwk' });
    return true;
  } catch {
    return false;
  }
}

const isLoopback = (hostname: string): boolean => /^(localhost|127(\.\d+){3}|\[::1\])$/.test(hostname);

/** Padded to the same length whatever it says. Undefined for a device with keys that are none. */
async function encrypted(
  { endpoint, p256dh, auth }: Parameters<PushSender['send']>[0],
  { content }: Pushed,
): Promise<Uint8Array | undefined> {
  const subscription = { endpoint, expirationTime: null, keys: { p256dh, auth } };
  try {
    return await encryptNotification(subscription, new TextEncoder().encode(JSON.stringify(content)));
  } catch {
    return undefined;
  }
}

async function post(target: URL, asked: Omit<Post, 'reads'>): Promise<SendResult> {
  try {
    const { status, said } = await postTo(target, { ...asked, reads: MAX_REASON });
    return resultOf(status, said);
  } catch (error) {
    if (error instanceof PrivateAddress) return { kind: 'refused', reason: error.message };
    return { kind: 'later', reason: asked.signal.aborted ? 'no answer in time' : (error as Error).message };
  }
}

/** RFC 8030 section 5 and 7: 404 and 410 say that the device has ended its subscription. */
function resultOf(status: number, said: string): SendResult {
  if (status >= 200 && status <= 299) return { kind: 'sent' };
  const words = said.replace(/[\p{C}\s]+/gu, ' ').trim();
  const reason = `the push service answered ${status}${words === '' ? '' : `: ${words}`}`;
  if (status === 404 || status === 410) return { kind: 'gone', reason };
  if (status === 408 || status === 425 || status === 429 || status >= 500) return { kind: 'later', reason };
  return {
    kind: 'refused',
    reason: status >= 300 && status <= 399 ? `${reason}, and redirects are not followed` : reason,
  };
}
