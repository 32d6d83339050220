import type {
  EmailStatus,
  ReadingNote,
  ReplyAuthentication,
  ReplyKind,
  RequestedMail,
} from '@missions/contracts/email/email.ts';

/**
 * A tracked e-mail (specification section 3.6). Its status follows from the outcomes of its recipients:
 *
 *     (none) ──Request──▶ queued ──server accepts──▶ awaiting_reply ──first reply──▶ some_replied ──last──▶ all_replied
 *        │                  │                           │    └─FollowUp─▶ followup_sent ─┘
 *        │                  ├──no reply expected─▶ sent ├──everybody bounced────▶ bounced
 *        │                  └───────────────────────────┼──deadline passed──────▶ expired
 *        └──Cancel──▶ tombstone ──Request──▶ cancelled  └──mission stops waiting▶ cancelled
 *
 * The end of a wait does not close the e-mail to further replies. A late reply of an expected recipient is stored,
 * counted and announced, and so is each further reply; `expired` and `bounced` become `all_replied` when no expected
 * recipient is pending any more. `cancelled` is final.
 */
export type State = Email | Tombstone | null;

export interface Recipient {
  readonly address: string;
  readonly expected: boolean;
  /** Only an expected recipient becomes `answered`. `bounced`: a server refused this recipient for good. */
  readonly outcome: 'pending' | 'answered' | 'bounced';
  /** The recipient's first reply. */
  readonly reply_id: string | null;
}

/**
 * The mail server's response for one address of a message's envelope. `waiting`: there is none yet, or it was a
 * temporary one.
 */
export interface Delivery {
  readonly address: string;
  readonly outcome: 'waiting' | 'accepted' | 'refused';
  readonly reason: string;
}

/** A message on the wire: the e-mail itself (number 0) or one of its follow-ups. The store holds its text beside it. */
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
  /** All recipients, the expected ones first. */
  readonly recipients: readonly Recipient[];
  readonly messages: readonly Message[];
  readonly follow_ups: number;
  readonly last_follow_up_at: string | null;
  readonly last_error: string;
  readonly sent_at: string | null;
  /** null if no reply is expected. */
  readonly expires_at: string | null;
  readonly created_at: string;
  readonly updated_at: string;
  /** 1 for the e-mail as requested; grows by one with every change. */
  readonly version: number;
}

/**
 * An e-mail whose cancellation arrived before the e-mail itself. It is stored as `cancelled` when it arrives, and not
 * sent.
 */
export interface Tombstone {
  readonly status: 'tombstone';
  readonly id: string;
  readonly customer_id: string;
  readonly user_id: string;
  readonly mission_id: string | null;
  readonly created_at: string;
  readonly version: number;
}

export interface StoredReply {
  readonly id: string;
  readonly message_id: string;
  readonly kind: ReplyKind;
  /** The recipient whose reply it is, by the token it came to, or else by its sender; null for mail of anybody else. */
  readonly recipient: string | null;
  /** It may differ from `recipient`: people also reply from other addresses. */
  readonly from_address: string;
  readonly from_name: string;
  readonly received_at: string;
  readonly snippet: string;
  readonly body_text: string;
  readonly authentication: ReplyAuthentication | null;
  /** What the reading left out and guessed; null in rows that an older version wrote. */
  readonly reading: readonly ReadingNote[] | null;
  /** It counts for nothing, and was announced as such. */
  readonly noted: boolean;
}

/** The deadline is running, and an expected recipient is pending. */
export const isOpen = ({ expect_reply, status }: Pick<Email, 'expect_reply' | 'status'>): boolean =>
  expect_reply &&
  (status === 'queued' || status === 'awaiting_reply' || status === 'some_replied' || status === 'followup_sent');

/** The addresses of a message for which a server has not given its final response. */
export const waitingAddresses = ({ deliveries }: Pick<Message, 'deliveries'>): string[] =>
  deliveries.filter((delivery) => delivery.outcome === 'waiting').map((delivery) => delivery.address);
