import type { OfferedCopy } from '../domain/outcomes.ts';
import type { ClaimedMessage } from '../store/claim-messages.ts';
import type { ClaimedNotice } from '../store/notices.ts';

export interface CopyResult extends Omit<OfferedCopy, 'address'> {
  /** The server could not be asked at all, so the next copy would fare no better. */
  readonly unreachable?: boolean;
}

/** The port through which messages leave: an SMTP server, or a folder. */
export interface Transport {
  /**
   * Sends the copy of one recipient, in a transaction of its own.
   * @param recipient one of the addresses of the message's envelope
   * @param mayLeave asked last, when the server is ready for the copy's text; rejects if the copy must not leave, with
   * what `deliver` then throws
   * @throws Error if nothing was sent; it counts as deferred
   */
  deliver(
    claimed: ClaimedMessage,
    recipient: string,
    signal: AbortSignal,
    mayLeave: () => Promise<void>,
  ): Promise<CopyResult>;
}

/** The addresses of this installation, for a message of its own. */
export interface OwnAddress {
  readonly mailAddress: string;
  readonly mailDomain: string;
}

/** The same port for mail of the product to its users. */
export interface NoticeTransport {
  /** As `deliver` of `Transport`. */
  deliverNotice(
    notice: ClaimedNotice,
    from: OwnAddress,
    signal: AbortSignal,
    mayLeave: () => Promise<void>,
  ): Promise<CopyResult>;
}
