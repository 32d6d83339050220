import { emailOutcomes } from '@missions/contracts/email/events.ts';
import type { Reply } from '@missions/contracts/email/email.ts';
import type { EventEnvelope } from '@missions/contracts/event.ts';
import { eventReader } from '@missions/contracts/events.ts';
import { truncate } from '@missions/contracts/truncate.ts';
import { allRepliedSignalId, emailReplyKey } from '@missions/contracts/waits.ts';
import type { Command } from '../domain/decide.ts';
import type { Signal } from '../domain/waiting.ts';

/** What the email-bridge tells: for the mission that the mail was sent for, and for whoever waits for its replies. */
export interface EmailEventCommand {
  readonly command?: Command;
  readonly signal?: { readonly key: string } & Omit<Signal, 'received_at'>;
}

// Tolerant: a newer publisher may say more.
const parseReplied = eventReader(emailOutcomes.replied);
const parseAllReplied = eventReader(emailOutcomes.allReplied);
const parseBounced = eventReader(emailOutcomes.bounced);
const parseExpired = eventReader(emailOutcomes.expired);

/**
 * A task's result holds the signal that freed it, and a mission is loaded and shown whole: so much of the texts of all replies goes in there.
 * All of it is at the bridge, under the tracking id.
 */
export const MAX_TEXT = 50_000;

/** undefined: an event of a kind that is not known (yet) here. */
export function commandForEmailEvent(event: EventEnvelope): EmailEventCommand | undefined {
  switch (event.type) {
    case emailOutcomes.replied: {
      const heard = parseReplied(event.data);
      const { tracking_id, reply, ...rest } = heard;
      const [shown] = shortened([reply]);
      const data = { tracking_id, reply: shown, ...progressOf(rest) };
      return {
        command: { type: 'ReceiveReply', heard },
        signal: { key: emailReplyKey(tracking_id), id: reply.id, final: false, data },
      };
    }
    case emailOutcomes.allReplied: {
      const { tracking_id, replies, ...rest } = parseAllReplied(event.data);
      const data = { tracking_id, replies: shortened(replies), ...progressOf(rest) };
      // No entry of its own: the one of the last reply says that nobody is left.
      return { signal: { key: emailReplyKey(tracking_id), id: allRepliedSignalId(tracking_id), final: true, data } };
    }
    case emailOutcomes.bounced:
      return { command: { type: 'ReceiveBounce', heard: parseBounced(event.data) } };
    case emailOutcomes.expired:
      return { command: { type: 'ExpireEmail', heard: parseExpired(event.data) } };
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

function shortened(replies: readonly Reply[]): Reply[] {
  const each = Math.floor(MAX_TEXT / Math.max(replies.length, 1));
  return replies.map((reply) => {
    const { body_text } = reply.untrusted;
    return body_text.length <= each
      ? reply
      : { ...reply, untrusted: { ...reply.untrusted, body_text: `${truncate(body_text, each - 1)}…` } };
  });
}
