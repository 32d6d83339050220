import { listEmailsOfMission } from '@missions/contracts/email/requests.ts';
import { endpoint } from '@missions/messaging/endpoint.ts';
import { autocommit } from '@missions/persistence/transaction.ts';
import { briefOf, replyOf } from '../domain/representation.ts';
import { within } from '../domain/size-budget.ts';
import { emailsOfMission } from '../store/list-of-mission.ts';
import { snippetsOf } from '../store/replies.ts';
import type { Context } from '../commands/context.ts';

/** Part of a mission's context, which is one message: `get` shows the rest. */
const MAX_EMAILS = 50;
const MAX_REPLIES_EACH = 20;
/** Their replies take 4.5 MB at most, and the bus 8. */
const EMAIL_BYTES = 3_000_000;

export const ofMissionEndpoint = ({ db }: Context) =>
  endpoint(listEmailsOfMission, async ({ caller: { customer_id, user_id }, input }) => {
    const tx = autocommit(db);
    const emails = within(
      (await emailsOfMission(tx, customer_id, user_id, input.mission_id, MAX_EMAILS)).map(briefOf),
      EMAIL_BYTES,
    );
    const replies = await snippetsOf(
      tx,
      customer_id,
      emails.map((it) => it.id),
      MAX_REPLIES_EACH,
    );
    const brief = replies
      .map(replyOf)
      .map(({ untrusted: { from_name, snippet }, ...reply }) => ({ ...reply, untrusted: { from_name, snippet } }));
    return {
      body: {
        emails: emails.map((email) => ({ ...email, replies: brief.filter((reply) => reply.tracking_id === email.id) })),
      },
    };
  });
