import type { OfferedCopy } from '../domain/outcomes.ts';
import type { ClaimedMessage } from '../store/claim-messages.ts';

export interface CopyResult extends Omit<OfferedCopy, 'address'> {
  /** The server could not be asked at all, so the next copy would fare no better. */
  readonly unreachable?: boolean;
}

/** The port through which messages leave: an SMTP server, or a folder. */
export interface Transport {
  /**
   * Sends the copy of one recipient, in a transaction of its own.
   * @param recipient one of the addresses of the message's envelope
   * @throws Error if nothing was sent; it counts as deferred
   */
  deliver(claimed: ClaimedMessage, recipient: string, signal: AbortSignal): Promise<CopyResult>;
}
