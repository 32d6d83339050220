/** A message from outside as it was read (`receiving/message.ts`): everything in it is a stranger's word. */
export interface IncomingMessage {
  /** RFC 5322 `msg-id` with its brackets; `sha256:<hex of the raw message>` where there is none or it is unusable. */
  readonly message_id: string;
  /** `address` is '' when it cannot be read. */
  readonly from: { readonly name: string; readonly address: string };
  /** Envelope, Delivered-To, X-Original-To, Envelope-To, To, Cc: bare addresses in that order, distinct. */
  readonly addressed_to: readonly string[];
  /** In-Reply-To, then References newest first; for a bounce also the Message-ID of the returned message. */
  readonly references: readonly string[];
  readonly subject: string;
  readonly kind: 'reply' | 'auto_reply' | 'bounce' | 'list';
  /** Of a bounce (RFC 3464). */
  readonly failures: readonly {
    readonly recipient: string;
    readonly permanent: boolean;
    readonly status: string;
    readonly reason: string;
  }[];
  /** At most 100,000 characters, storable: no NUL, well-formed. */
  readonly text: string;
  /** At most 500 characters, without quoted history and signature. */
  readonly snippet: string;
}

/** The part of the message that its sender's server gave is in `raw`; `envelopeTo` is the RCPT of its delivery, where that is known. Never throws. */
export type ReadMessage = (raw: Uint8Array, envelopeTo: readonly string[]) => Promise<IncomingMessage>;
