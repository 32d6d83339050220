import { ensureEmail } from '@missions/contracts/email/requests.ts';
import { Problem } from '@missions/contracts/errors.ts';
import { endpoint } from '@missions/messaging/endpoint.ts';
import { erasedAmong } from '@missions/persistence/tombstones.ts';
import { transaction } from '@missions/persistence/transaction.ts';
import { executeCommand, problemOf, shown } from '../commands/execute-command.ts';
import type { Context } from '../commands/context.ts';
import { requestOf } from './request.ts';

/**
 * What the event of the mission service does, done before the sender is answered, so that it reads its own write. Whichever comes first has the
 * effect; both are answered with the e-mail as it stands, which may already be sent, answered or cancelled.
 */
export const ensureEndpoint = (context: Context) =>
  endpoint(ensureEmail, async ({ caller, input: mail }) => {
    if (mail.customer_id !== caller.customer_id || (caller.user_id !== null && mail.user_id !== caller.user_id)) {
      throw new Problem('FORBIDDEN', 'The e-mail is of another customer or user than its caller.');
    }
    context.admit();
    return await transaction(context.db, async (tx) => {
      if (mail.mission_id !== null && (await erasedAmong(tx, [mail.mission_id])).size > 0)
        throw new Problem('MISSION_NOT_FOUND', 'The mission of this e-mail was erased.');
      const { decision, email } = await executeCommand(tx, context, requestOf(context, mail));
      if (decision.kind === 'refused') throw problemOf(decision);
      return { body: shown(email) };
    });
  });
