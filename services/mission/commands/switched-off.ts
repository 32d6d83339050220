import { Problem } from '@missions/contracts/errors.ts';
import type { Caller } from '@missions/contracts/request.ts';
import type { Database } from '@missions/persistence/database.ts';
import { autocommit } from '@missions/persistence/transaction.ts';
import { standingOf } from '../store/mail-permission.ts';

/** Asks the scheduler whether a kill switch stops a mission. */
export type AskSwitch = (caller: Caller, missionId: string) => Promise<boolean>;

/**
 * Asks before the transaction of a mail begins, and returns what refuses the mail within it: there a repeated call has
 * been replayed already, whatever the switch says by now. Without the scheduler's word no new mail is accepted.
 * @returns throws {Problem} `INVALID_TRANSITION` with the reason `switched_off`, or `UNAVAILABLE`
 */
export async function askForSwitch(
  { db, askSwitch }: { readonly db: Database; readonly askSwitch: AskSwitch },
  caller: Caller,
  missionId: string,
): Promise<() => void> {
  const found = await standingOf(autocommit(db), caller, missionId);
  // Without such a mission the command says so.
  if (!found) return () => {};
  const problem = await askSwitch({ ...caller, user_id: found.user_id }, missionId).then(
    (isOff) => (isOff ? switchedOff(missionId) : undefined),
    () => unknown(missionId),
  );
  return () => {
    if (problem) throw problem;
  };
}

const switchedOff = (missionId: string): Problem =>
  new Problem(
    'INVALID_TRANSITION',
    `Mission ${missionId} is switched off by an operator or by its user, and sends no mail until they let it go on. ` +
      'Stop working on it; only they can lift the switch.',
    { reason: 'switched_off', from: 'switched_off', to: 'mail', allowed: [] },
  );

const unknown = (missionId: string): Problem =>
  new Problem(
    'UNAVAILABLE',
    'The scheduler service does not answer; try again in a moment. Without it nobody knows whether mission ' +
      `${missionId} is switched off, so no mail was accepted.`,
  );
