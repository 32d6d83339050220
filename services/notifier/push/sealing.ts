import { hkdfSync } from 'node:crypto';
import { CompactEncrypt, compactDecrypt } from 'jose';

const keyOf = (secret: string, purpose: string): Uint8Array =>
  new Uint8Array(hkdfSync('sha256', secret, '', purpose, 32));

/** For the database, whose copies are read by more people than the service's environment is. */
export const seal = (text: string, secret: string, purpose: string): Promise<string> =>
  new CompactEncrypt(Buffer.from(text))
    .setProtectedHeader({ alg: 'dir', enc: 'A256GCM' })
    .encrypt(keyOf(secret, purpose));

/**
 * @param secrets while a secret is being changed there are two
 * @returns undefined if none of them has sealed it
 */
export async function unseal(sealed: string, secrets: readonly string[], purpose: string): Promise<string | undefined> {
  for (const secret of secrets)
    try {
      const { plaintext } = await compactDecrypt(sealed, keyOf(secret, purpose));
      return new TextDecoder().decode(plaintext);
    } catch {
      // Another secret may open it.
    }
  return undefined;
}
