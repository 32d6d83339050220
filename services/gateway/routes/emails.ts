import type Router from '@koa/router';
import type { Static } from 'typebox';
import type { RequestedMail, TrackedEmailDetail } from '@missions/contracts/email/email.ts';
import * as bridge from '@missions/contracts/email/requests.ts';
import { countFollowUp, countRecipients, requestEmail, requestFollowUp } from '@missions/contracts/mission/requests.ts';
import * as operations from '@missions/contracts/rest/emails.ts';
import { followUpAction, mailAction } from '@missions/contracts/email/action.ts';
import { receiptDemand } from '../emails/require-receipt.ts';
import { ensureDelivered } from '../emails/ensure-delivered.ts';
import { onceHeard } from '../emails/known-emails.ts';
import { followedUpRepresentation, requestedRepresentation, unsent } from '../emails/initial-representation.ts';
import { toRequest, registerOperation, type GatewayContext, type Translation } from './register-operation.ts';
import { trackingId } from './ids.ts';

/**
 * Sends e-mails and tracks their replies. An e-mail of a mission is decided by the mission service, and the e-mail
 * bridge receives it from here and from the event alike. An e-mail without a mission belongs to the bridge alone; only its recipients
 * are counted by the mission service, which counts those of all mail.
 */
export function emailRoutes(router: Router, gateway: GatewayContext): void {
  const requireReceipt = receiptDemand(gateway);
  registerOperation(
    router,
    gateway,
    operations.sendEmail,
    ({ body: { user_id: _user, agent_id: _agent, receipt, ...email } }) => ({
      ...(email.mission_id == null
        ? toRequest(countRecipients, { email })
        : toRequest(requestEmail, { mission_id: email.mission_id, email })),
      async around(caller, request) {
        const { to, cc = [], bcc = [] } = email;
        await requireReceipt(caller, {
          recipients: [...to, ...cc, ...bcc],
          action: mailAction(email),
          receipt,
        });
        return await request();
      },
    }),
    async (reply, { caller, body: { user_id: _user, agent_id: _agent, receipt: _proof, ...email }, idempotency }) => {
      if (email.mission_id == null)
        return gateway.bus.request(bridge.sendEmail, { caller, input: email, ...(idempotency && { idempotency }) });
      const mail = reply.json<RequestedMail>();
      const tracked = await ensureDelivered(gateway, caller, mail);
      return JSON.stringify(tracked ? requestedRepresentation(tracked) : unsent(mail));
    },
  );

  registerOperation(
    router,
    gateway,
    operations.checkReplies,
    ({ body: { user_id: _user, agent_id: _agent, ...asked } }) => toRequest(bridge.checkReplies, asked),
  );

  const read = ({ params }: { readonly params: Readonly<Record<string, string>> }): Translation => {
    const tracking_id = trackingId(params);
    return {
      ...toRequest(bridge.getEmail, { tracking_id }),
      around: (caller, request) => onceHeard(gateway, caller, tracking_id, request),
    };
  };
  registerOperation(router, gateway, operations.getEmail, read);

  // The e-mail is read first: only the bridge knows whether it belongs to a mission, which then decides.
  registerOperation(
    router,
    gateway,
    operations.sendFollowUp,
    read,
    async (found, { caller, body: { agent_id: _agent, receipt, ...follow_up }, idempotency, run }) => {
      const { replies: _replies, ...email } = found.json<TrackedEmailDetail>();
      const { tracking_id, mission_id, user_id } = email;
      const action = followUpAction(tracking_id, follow_up);
      await requireReceipt({ ...caller, user_id }, { recipients: undefined, action, receipt });
      const message = { caller, ...(idempotency && { idempotency }), ...(run && { run }) };
      if (mission_id === null) {
        await gateway.bus.request(countFollowUp, { ...message, input: { of: email } });
        return gateway.bus.request(bridge.followUpEmail, { ...message, input: { tracking_id, follow_up } });
      }
      const decided = await gateway.bus.request(requestFollowUp, {
        ...message,
        input: { mission_id, of: email, follow_up },
      });
      const { mail, of } = decided.json<Static<(typeof requestFollowUp)['output']>>();
      await ensureDelivered(gateway, caller, mail);
      return { body: JSON.stringify(followedUpRepresentation(of, mail)), headers: decided.headers };
    },
  );
}
