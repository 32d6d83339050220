import { base64url, compactVerify, createLocalJWKSet, errors } from 'jose';
import type { ReceiptClaims, ReceiptKeys, Verdict } from '@missions/contracts/approval/receipt.ts';
import { sha256Of } from './hashes.ts';
import { RECEIPT } from './receipt.ts';

/**
 * Whether the receipt proves that this very action was approved. Needs no network: `keys` is what
 * `/.well-known/jwks.json` answers. Every text that differs from the receipt by one character is none: an encoding of
 * the same bytes by other letters would be a second receipt of one approval.
 */
export async function verifyReceipt(receipt: string, action: unknown, keys: ReceiptKeys): Promise<Verdict> {
  if (!isExact(receipt)) return no('This is no receipt: it must be the whole text, as it was given.');
  let claims: ReceiptClaims;
  try {
    const { payload, protectedHeader } = await compactVerify(receipt, createLocalJWKSet(keys), {
      algorithms: [RECEIPT.alg],
    });
    if (protectedHeader.typ !== RECEIPT.typ) return no('This was signed for another purpose, and is no receipt.');
    claims = JSON.parse(new TextDecoder().decode(payload)) as ReceiptClaims;
  } catch (error) {
    if (error instanceof errors.JWKSNoMatchingKey)
      return no('None of these keys has signed it. Read /.well-known/jwks.json again: keys are exchanged.');
    if (error instanceof errors.JOSEError) return no('Its signature is wrong: it was changed, or never given.');
    throw error;
  }
  if ((await sha256OfAction(action)) !== claims.effective_action_sha256)
    return no('It is for another action: what was approved differs from what is to be done.');
  return { approved: true, claims };
}

const no = (reason: string): Verdict => ({ approved: false, reason });

/** Three parts in base64url, each written in the one way in which its bytes are. */
function isExact(receipt: string): boolean {
  const parts = receipt.split('.');
  return parts.length === 3 && parts.every((part) => isWritten(part));
}

function isWritten(part: string): boolean {
  if (!/^[A-Za-z0-9_-]+$/.test(part)) return false;
  try {
    return base64url.encode(base64url.decode(part)) === part;
  } catch {
    return false;
  }
}

/** Undefined for what is no JSON, and so no action. */
async function sha256OfAction(action: unknown): Promise<string | undefined> {
  try {
    return await sha256Of(action);
  } catch {
    return undefined;
  }
}
