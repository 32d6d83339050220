import type Router from '@koa/router';
import type { Static } from 'typebox';
import type { RequestedMail, TrackedEmailDetail } from '@missions/contracts/email/email.ts';
import * as bridge from '@missions/contracts/email/requests.ts';
import { requestEmail, requestFollowUp } from '@missions/contracts/mission/requests.ts';
import * as operations from '@missions/contracts/rest/emails.ts';
import { ensureDelivered } from '../emails/ensure-delivered.ts';
import { followedUpRepresentation, requestedRepresentation, unsent } from '../emails/initial-representation.ts';
import { ask, registerOperation, type GatewayContext } from './register-operation.ts';
import { trackingId } from './ids.ts';

/**
 * Sending mail and tracking its replies. A mail for a mission is the mission service's decision, which the email-bridge then is handed, from here
 * and by the event alike; one of no mission is the bridge's alone.
 */
export function emailRoutes(router: Router, edge: GatewayContext): void {
  registerOperation(
    router,
    edge,
    operations.sendEmail,
    ({ body: { user_id: _user, agent_id: _agent, ...email } }) =>
      email.mission_id == null
        ? ask(bridge.sendEmail, email)
        : ask(requestEmail, { mission_id: email.mission_id, email }),
    async (reply, { caller, body }) => {
      if (body.mission_id == null) return reply.body;
      const mail = reply.json<RequestedMail>();
      const tracked = await ensureDelivered(edge, caller, mail);
      return JSON.stringify(tracked ? requestedRepresentation(tracked) : unsent(mail));
    },
  );

  registerOperation(router, edge, operations.checkReplies, ({ body: { user_id: _user, agent_id: _agent, ...asked } }) =>
    ask(bridge.checkReplies, asked),
  );

  registerOperation(router, edge, operations.getEmail, ({ params }) =>
    ask(bridge.getEmail, { tracking_id: trackingId(params) }),
  );

  // Read first: whether a mission decides about it, the bridge alone knows.
  registerOperation(
    router,
    edge,
    operations.sendFollowUp,
    ({ params }) => ask(bridge.getEmail, { tracking_id: trackingId(params) }),
    async (read, { caller, body: { agent_id: _agent, ...follow_up }, idempotency, run }) => {
      const { replies: _replies, ...email } = read.json<TrackedEmailDetail>();
      const { tracking_id, mission_id } = email;
      const message = { caller, ...(idempotency && { idempotency }), ...(run && { run }) };
      if (mission_id === null)
        return edge.bus.request(bridge.followUpEmail, { ...message, input: { tracking_id, follow_up } });
      const decided = await edge.bus.request(requestFollowUp, {
        ...message,
        input: { mission_id, of: email, follow_up },
      });
      const { mail, of } = decided.json<Static<(typeof requestFollowUp)['output']>>();
      await ensureDelivered(edge, caller, mail);
      return { body: JSON.stringify(followedUpRepresentation(of, mail)), headers: decided.headers };
    },
  );
}
