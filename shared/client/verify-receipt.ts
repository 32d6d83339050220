import type { ReceiptKeys, Verdict } from '@missions/contracts/approval/receipt.ts';
import { verifyReceipt as verify } from '@missions/receipts/verify.ts';

/**
 * Whether a receipt proves that this very action was approved, without a call: with the keys that the product's
 * `/.well-known/jwks.json` has answered once. Of `claims`, compare at least `customer_id` with your own.
 */
export const verifyReceipt = (receipt: string, action: unknown, keys: ReceiptKeys): Promise<Verdict> =>
  verify(receipt, action, keys);
