import { Problem } from '@missions/contracts/errors.ts';
import type { Caller } from '@missions/contracts/request.ts';
import type { Refusal } from '../domain/decision.ts';

/**
 * The domain returns refusals and the store returns undefined for what is not there; here both become the callers'
 * problems.
 */
export const problemOf = ({ code, detail, members }: Refusal): Problem => new Problem(code, detail, members);

/** @throws {Problem} `MISSION_NOT_FOUND`, also for another customer's or user's mission: existence is not revealed. */
export function requireMission<T>(found: T | undefined): T {
  if (found === undefined)
    throw new Problem('MISSION_NOT_FOUND', 'There is no such mission for this user. List the missions to find its id.');
  return found;
}

/**
 * The user that a request names.
 * @param path how the caller names the field: a JSON Pointer into the body, or a query parameter.
 * @throws {Problem} `VALIDATION_FAILED` if the caller speaks for no user.
 */
export function requireUser({ user_id }: Caller, path: string, detail: string): string {
  if (user_id !== null) return user_id;
  throw new Problem('VALIDATION_FAILED', `user_id: ${detail}`, { errors: [{ path, message: 'is required' }] });
}

/** @throws {Problem} `VALIDATION_FAILED` if the store did not recognize the cursor. */
export function requireCursor<T>(position: T | undefined): T {
  if (position !== undefined) return position;
  const message = 'is not a next_cursor of this list in this order';
  throw new Problem('VALIDATION_FAILED', `cursor: ${message}. Leave it out to start at the first page.`, {
    errors: [{ path: 'cursor', message }],
  });
}
