import { emailOutcomes } from '@missions/contracts/email/events.ts';
import type { Reply } from '@missions/contracts/email/email.ts';
import type { EventEnvelope } from '@missions/contracts/event.ts';
import { eventReader } from '@missions/contracts/events.ts';
import { truncate } from '@missions/contracts/truncate.ts';
import { allRepliedSignalId, emailReplyKey } from '@missions/contracts/waits.ts';
import { type EventCommand, systemActor } from '../commands/execute-event.ts';

const readReplied = eventReader(emailOutcomes.replied);
const readNoted = eventReader(emailOutcomes.noted);
const readAllReplied = eventReader(emailOutcomes.allReplied);
const readBounced = eventReader(emailOutcomes.bounced);
const readExpired = eventReader(emailOutcomes.expired);
const readWithdrawn = eventReader(emailOutcomes.withdrawn);

/**
 * The part of all replies' texts, in UTF-16 units, that a signal carries. A task's result holds the signal that ended
 * its wait, and a mission is loaded and shown whole. The email-bridge has the full texts under the tracking id.
 */
export const MAX_TEXT = 50_000;

/**
 * A reply is two things: an entry in the history of the mission that sent the e-mail, and a signal to every mission
 * that waits for replies to it. Undefined for an event of a kind that this version does not know.
 */
export function commandForEmailEvent({ type, data }: EventEnvelope): EventCommand | undefined {
  const actor = systemActor;
  switch (type) {
    case emailOutcomes.replied: {
      const outcome = readReplied(data);
      const { tracking_id, reply, ...rest } = outcome;
      const [shown] = shortened([reply]);
      return {
        command: { type: 'ReceiveReply', outcome },
        actor,
        signal: {
          key: emailReplyKey(tracking_id),
          id: reply.id,
          final: false,
          data: { tracking_id, reply: shown, ...progressOf(rest) },
        },
      };
    }
    case emailOutcomes.allReplied: {
      const { tracking_id, replies, ...rest } = readAllReplied(data);
      // No command: the history entry of the last reply already shows that nobody is pending.
      return {
        actor,
        signal: {
          key: emailReplyKey(tracking_id),
          id: allRepliedSignalId(tracking_id),
          final: true,
          data: { tracking_id, replies: shortened(replies), ...progressOf(rest) },
        },
      };
    }
    case emailOutcomes.noted:
      return { command: { type: 'NoteMail', outcome: readNoted(data) }, actor };
    case emailOutcomes.bounced:
      return { command: { type: 'ReceiveBounce', outcome: readBounced(data) }, actor };
    case emailOutcomes.expired:
      return { command: { type: 'ExpireEmail', outcome: readExpired(data) }, actor };
    case emailOutcomes.withdrawn:
      return { command: { type: 'LogWithdrawnMail', outcome: readWithdrawn(data) }, actor };
    default:
      return undefined;
  }
}

const progressOf = ({
  pending_from,
  received_from,
  bounced,
}: {
  pending_from: string[];
  received_from: string[];
  bounced: string[];
}) => ({ pending_from, received_from, bounced });

/** Each reply gets an equal share of `MAX_TEXT`. */
function shortened(replies: readonly Reply[]): Reply[] {
  const share = Math.floor(MAX_TEXT / Math.max(replies.length, 1));
  return replies.map((reply) => {
    const { body_text } = reply.untrusted;
    if (body_text.length <= share) return reply;
    return { ...reply, untrusted: { ...reply.untrusted, body_text: `${truncate(body_text, share - 1)}…` } };
  });
}
