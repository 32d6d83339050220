import type { Caller } from '@missions/contracts/request.ts';
import { invalid } from '@missions/contracts/schema.ts';
import type { UserKey } from '../store/people.ts';

/** @throws Problem VALIDATION_FAILED for a caller that names no user. */
export function userOf({ customer_id, user_id }: Caller): UserKey {
  if (user_id === null) throw invalid([{ path: 'user_id', message: 'is required: say which user it is about' }]);
  return { customer_id, user_id };
}
