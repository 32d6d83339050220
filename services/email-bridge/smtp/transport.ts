import type { DueMessage } from '../store/claim-messages.ts';
import type { MarkSent } from '../domain/mark-sent.ts';

/** What became of each recipient; each of those asked about is in one of the lists. */
export type Delivered = Pick<MarkSent, 'accepted' | 'refused' | 'deferred'>;

/** Where messages go. Rejects only for what says nothing about the recipients: nobody has got it, and it is tried again for all. */
export interface Transport {
  /** `recipients`: of the message's envelope those that are still to be asked about. */
  deliver(due: DueMessage, recipients: readonly string[], signal: AbortSignal): Promise<Delivered>;
}
