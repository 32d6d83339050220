import { generateKeyPairSync, sign } from 'node:crypto';

export interface TokenSigner {
  /** The public key, in PEM. */
  readonly key: string;
  /** A JSON Web Token (RFC 7519) of this user. */
  token(user: string, expires: Date): string;
}

const json = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');

/** What an identity provider does: signs tokens with a key of its own (ES256). */
export function tokenSigner(): TokenSigner {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  return {
    key: publicKey.export({ type: 'spki', format: 'pem' }) as string,
    token(user, expires) {
      const exp = Math.floor(expires.getTime() / 1_000);
      const signed = `${json({ alg: 'ES256', typ: 'JWT' })}.${json({ sub: user, iat: exp - 3_600, exp })}`;
      const signature = sign('sha256', Buffer.from(signed), { key: privateKey, dsaEncoding: 'ieee-p1363' });
      return `${signed}.${signature.toString('base64url')}`;
    },
  };
}
