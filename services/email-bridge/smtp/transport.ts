import type { MarkSent } from '../domain/outcomes.ts';
import type { ClaimedMessage } from '../store/claim-messages.ts';

/** The result of one attempt. Each recipient of the attempt is in one of the lists. */
export type SendResult = Pick<MarkSent, 'accepted' | 'refused' | 'deferred'>;

/** The port through which messages leave: an SMTP server, or a folder. */
export interface Transport {
  /**
   * @param recipients the addresses of the message's envelope that have not got it yet
   * @throws Error if the attempt failed as a whole: no recipient has got the message, and all are tried again
   */
  deliver(claimed: ClaimedMessage, recipients: readonly string[], signal: AbortSignal): Promise<SendResult>;
}
