import { exportJWK, generateKeyPair, type JWK } from 'jose';
import { seal, unseal } from './sealing.ts';

/** The pair by which push services know who sends (RFC 8292): made once, because every device has subscribed with it. */
export interface PushKeys {
  /** The uncompressed point in base64url, as browsers want it. */
  readonly publicKey: string;
  readonly privateKey: JWK;
}

export async function makePushKeys(): Promise<PushKeys> {
  const { privateKey } = await generateKeyPair('ES256', { extractable: true });
  return keysOf(await exportJWK(privateKey));
}

function keysOf(privateKey: JWK): PushKeys {
  const { x, y, d } = privateKey;
  if (x === undefined || y === undefined || d === undefined) throw new Error('This is no private key of P-256');
  const point = Buffer.concat([Buffer.of(4), Buffer.from(x, 'base64url'), Buffer.from(y, 'base64url')]);
  return { publicKey: point.toString('base64url'), privateKey };
}

const PURPOSE = 'push keys';

export const sealPushKeys = ({ privateKey }: PushKeys, secret: string): Promise<string> =>
  seal(JSON.stringify(privateKey), secret, PURPOSE);

/**
 * @param secrets while a secret is being changed there are two
 * @returns undefined if none of them has sealed it
 */
export async function openPushKeys(sealed: string, secrets: readonly string[]): Promise<PushKeys | undefined> {
  const text = await unseal(sealed, secrets, PURPOSE);
  return text === undefined ? undefined : keysOf(JSON.parse(text) as JWK);
}
