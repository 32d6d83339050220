import { byCaller, type IntendedDeed } from '@missions/contracts/audit.ts';
import { Problem } from '@missions/contracts/errors.ts';
import type { Caller } from '@missions/contracts/request.ts';
import { invalid } from '@missions/contracts/schema.ts';
import { recordRefusal } from '@missions/persistence/audit/refusals.ts';
import type { Database } from '@missions/persistence/database.ts';
import type { UserKey } from '../store/approval-rules.ts';

/** What users decide for themselves, their rules and delegations: whose they are, and the record of who has decided. */
export interface OwnDecision {
  /** `rules`, in the words of an error. */
  readonly named: string;
  readonly kind: IntendedDeed['target']['kind'];
  /** Why no agent decides it. */
  readonly refusal: string;
}

/** Whose are read. */
export function userOf({ customer_id, user_id }: Caller, { named }: OwnDecision): UserKey {
  if (user_id === null) throw invalid([{ path: 'user_id', message: `is required: say whose ${named}` }]);
  return { customer_id, user_id };
}

/** A person, or the trusted backend for one. @throws Problem FORBIDDEN for an agent */
export function personOf(caller: Caller, decision: OwnDecision): UserKey {
  if (caller.kind !== 'user') throw new Problem('FORBIDDEN', decision.refusal);
  return userOf(caller, decision);
}

/** For `catch`: the refusal of the deed is recorded, too. */
export const recorded =
  (db: Database, of: IntendedDeed) =>
  async (error: unknown): Promise<never> => {
    await recordRefusal(db, [of], error);
    throw error;
  };

export const deedOf = (
  caller: Caller,
  { kind }: OwnDecision,
  action: IntendedDeed['action'],
  id: string,
): IntendedDeed => ({
  customer_id: caller.customer_id,
  by: byCaller(caller),
  action,
  target: { kind, id },
  mission_id: null,
});
