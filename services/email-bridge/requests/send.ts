import { mailFaults, requestedMail } from '@missions/contracts/email/requested.ts';
import { sendEmail } from '@missions/contracts/email/requests.ts';
import { Problem } from '@missions/contracts/errors.ts';
import { invalid } from '@missions/contracts/schema.ts';
import { endpoint } from '@missions/messaging/endpoint.ts';
import { executeOnce } from '@missions/persistence/idempotency.ts';
import { executeCommand, shown } from '../commands/execute-command.ts';
import type { Context } from '../commands/context.ts';
import { requestOf } from './request.ts';

/** A mail of no mission. One of a mission is decided by the mission service, which knows whether its task may wait. */
export const sendEndpoint = (context: Context) =>
  endpoint(sendEmail, async ({ caller: { customer_id, user_id }, idempotency, input }) => {
    if (user_id === null) throw invalid([{ path: '/user_id', message: 'is required: say whose e-mail it is' }]);
    const faults = mailFaults(input);
    if (faults.length > 0) throw invalid(faults);
    if (input.mission_id != null)
      throw new Problem('VALIDATION_FAILED', 'mission_id: an e-mail of a mission is asked for through the mission.', {
        errors: [{ path: '/mission_id', message: 'must be asked of the mission' }],
      });
    context.admit();
    return await executeOnce(context.db, idempotency, async (tx) => {
      const id = context.newId();
      const mail = requestedMail(input, { id, customer_id, user_id, at: context.clock.now().toISOString() });
      return { body: JSON.stringify(shown((await executeCommand(tx, context, requestOf(context, mail))).email)) };
    });
  });
