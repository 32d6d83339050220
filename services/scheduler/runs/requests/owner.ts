import type { Caller } from '@missions/contracts/request.ts';
import { invalid } from '@missions/contracts/schema.ts';
import type { Owner } from '../store/kill-switch.ts';

/** Whose missions the caller speaks of. @throws {Problem} `VALIDATION_FAILED` for a caller without a user */
export function ownerOf({ customer_id, user_id }: Caller): Owner {
  if (user_id === null) throw invalid([{ path: 'X-User-ID', message: 'say for which user you act' }]);
  return { customer_id, user_id };
}
