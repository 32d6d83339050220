import { CompactSign, type CryptoKey } from 'jose';
import type { ReceiptClaims, ReceiptContent } from '@missions/contracts/approval/receipt.ts';
import { sha256Of, shownSha256 } from './hashes.ts';

/** The header of a receipt (RFC 7515): whatever else the same keys may sign one day is none. */
export const RECEIPT = { alg: 'EdDSA', typ: 'missions-receipt+jws' } as const;

export async function claimsOf(
  { question, option, effective_action, responded_by, on_behalf_of, approved_by, via, responded_at }: ReceiptContent,
  { iss, jti }: Pick<ReceiptClaims, 'iss' | 'jti'>,
): Promise<ReceiptClaims> {
  const { customer_id, mission_id, task_id, id: request_id, created_at: asked_at } = question;
  return {
    iss,
    jti,
    customer_id,
    mission_id,
    task_id,
    request_id,
    asked_at,
    shown_sha256: await shownSha256(question),
    option,
    effective_action_sha256: await sha256Of(effective_action),
    responded_by,
    ...(responded_by !== question.user_id && { on_behalf_of: on_behalf_of ?? question.user_id }),
    ...(approved_by && {
      approved_by: approved_by.map(({ user_id, on_behalf_of: of, via, responded_at }) => ({
        ...{ user_id, via, responded_at },
        ...(of !== undefined && { on_behalf_of: of }),
      })),
    }),
    via,
    responded_at,
  };
}

/** A JWS in compact form. */
export const signReceipt = (claims: ReceiptClaims, key: CryptoKey, kid: string): Promise<string> =>
  new CompactSign(new TextEncoder().encode(JSON.stringify(claims))).setProtectedHeader({ ...RECEIPT, kid }).sign(key);
