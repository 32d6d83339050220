import type { EmailStatus, ReplyKind, RequestedMail } from '@missions/contracts/email/email.ts';

/**
 * A tracked e-mail, and where it stands (specification section 3.6). Its status follows from what became of its recipients:
 *
 *     (unknown) ──requested──▶ queued ──taken by the server──▶ awaiting_reply ──one answers──▶ some_replied ──the last──▶ all_replied
 *         │                      │                                   │   └─followed up─▶ followup_sent ─┘
 *         │                      ├──no reply expected─▶ sent         ├──nobody is left, nobody answered──▶ bounced
 *         │                      └───────────────────────────────────┼──its time is up───────────────────▶ expired
 *         └──cancelled first──▶ withdrawn ──requested──▶ cancelled   └──its mission no longer waits──────▶ cancelled
 *
 * Mail comes when it likes, so what has ended is not closed to it: a late reply of a person who was waited for is kept, counted and told (as is each further one), and
 * `expired` or `bounced` becomes `all_replied` when nobody is left to answer. `cancelled` stays. `withdrawn` is the tombstone of an e-mail whose
 * cancellation came before it.
 */
export type State = Email | Withdrawn | null;

/** Of an expected recipient: who is waited for, has answered, or was not reached for good. Of the others: whether they were not reached. */
export interface Recipient {
  readonly address: string;
  readonly expected: boolean;
  readonly outcome: 'pending' | 'answered' | 'bounced';
  /** The first reply. */
  readonly reply_id: string | null;
}

/** What the mail server said of one address of a message's envelope. */
export interface Delivery {
  readonly address: string;
  readonly outcome: 'waiting' | 'accepted' | 'refused';
  readonly reason: string;
}

/** A message that was sent, or is to be: the e-mail itself (number 0) or a follow-up. What it says is kept beside it in the store. */
export interface Message {
  readonly id: string;
  readonly message_id: string;
  readonly number: number;
  readonly status: 'queued' | 'sent' | 'failed' | 'dropped';
  readonly deliveries: readonly Delivery[];
  readonly created_at: string;
}

export interface Email {
  readonly id: string;
  readonly customer_id: string;
  readonly user_id: string;
  readonly mission_id: string | null;
  readonly task_id: string | null;
  readonly token: string;
  readonly message_id: string;
  readonly thread_id: string;
  readonly from: string;
  readonly reply_to: string;
  readonly to: readonly string[];
  readonly cc: readonly string[];
  readonly bcc: readonly string[];
  readonly subject: string;
  readonly body_text: string;
  readonly body_html: string | null;
  readonly reply_to_message_id: string | null;
  readonly expect_reply: boolean;
  readonly until: RequestedMail['until'];
  readonly status: EmailStatus;
  /** Everybody the mail goes to, the expected first. */
  readonly recipients: readonly Recipient[];
  readonly messages: readonly Message[];
  readonly follow_ups: number;
  readonly last_follow_up_at: string | null;
  readonly last_error: string;
  readonly sent_at: string | null;
  /** null when no reply is expected. */
  readonly expires_at: string | null;
  readonly created_at: string;
  readonly updated_at: string;
  /** Grows with every change; 1 is what was requested. */
  readonly version: number;
}

export interface Withdrawn {
  readonly status: 'withdrawn';
  readonly id: string;
  readonly customer_id: string;
  readonly user_id: string;
  readonly mission_id: string | null;
  readonly created_at: string;
  readonly version: number;
}

/** As it is kept. */
export interface StoredReply {
  readonly id: string;
  readonly message_id: string;
  readonly kind: ReplyKind;
  readonly from_address: string;
  readonly from_name: string;
  readonly received_at: string;
  readonly snippet: string;
  readonly body_text: string;
}

/** Its deadline is running, and somebody has not answered. */
export const isOpen = ({ expect_reply, status }: Pick<Email, 'expect_reply' | 'status'>): boolean =>
  expect_reply &&
  (status === 'queued' || status === 'awaiting_reply' || status === 'some_replied' || status === 'followup_sent');

/** What has not been sent is not to be sent; what is on its way cannot be called back. */
export const dropped = (messages: readonly Message[]): Message[] =>
  messages.map((it) => (it.status === 'queued' ? { ...it, status: 'dropped' } : it));
