import { followUpEmail } from '@missions/contracts/email/requests.ts';
import { Problem } from '@missions/contracts/errors.ts';
import { endpoint } from '@missions/messaging/endpoint.ts';
import { executeOnce } from '@missions/persistence/idempotency.ts';
import { executeCommand, problemOf, shown } from '../commands/execute-command.ts';
import type { Context } from '../commands/context.ts';
import { theirs } from './get.ts';

/** Of an e-mail of no mission; a mission's own service decides about those of its missions. */
export const followUpEndpoint = (context: Context) =>
  endpoint(followUpEmail, async ({ caller, idempotency, input: { tracking_id, follow_up } }) => {
    context.admit();
    return await executeOnce(context.db, idempotency, async (tx) => {
      const { customer_id, id, mission_id } = await theirs(tx, caller, tracking_id);
      if (mission_id !== null)
        throw new Problem('FORBIDDEN', 'A follow-up of an e-mail of a mission is asked for through the mission.');
      // A blank text is none: nobody wants to be sent one.
      const body = follow_up.body?.trim() ? follow_up.body : null;
      const newId = context.newId();
      const { decision, email } = await executeCommand(tx, context, {
        customer_id,
        id,
        command: (at) => ({ type: 'FollowUp', id: newId, body, mail_domain: context.mailDomain, at }),
      });
      if (decision.kind === 'refused') throw problemOf(decision);
      return { body: JSON.stringify(shown(email)) };
    });
  });
