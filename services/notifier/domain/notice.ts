import type { NoticeChannel } from '@missions/contracts/notifier/preferences.ts';

/**
 * What one person is told at one moment: everything that a channel needs to say it, and nothing that it would have to
 * look up. Texts of questions and missions are written by agents and may quote strangers: every channel shows them as
 * text.
 */
export interface Reader {
  readonly customer_id: string;
  readonly user_id: string;
  readonly name: string | null;
  /** BCP 47, e.g. `en-GB`; decides how dates are written. */
  readonly language: string;
  /** IANA, e.g. `Asia/Kolkata`. */
  readonly time_zone: string;
}

export interface QuestionTold {
  readonly request_id: string;
  readonly mission_id: string;
  readonly mission_title: string;
  readonly prompt: string;
  /** `href` opens the page of the question with that option preset, and decides nothing. */
  readonly options: readonly { readonly id: string; readonly label: string; readonly href: string }[];
  /** What it is about, as the agent has put it. */
  readonly fields?: readonly { readonly name: string; readonly value: string }[];
  readonly allow_freeform: boolean;
  readonly default_option: string | null;
  readonly urgency: 'low' | 'normal' | 'high';
  /** RFC 3339 in UTC. */
  readonly asked_at: string;
  readonly expires_at: string;
  /** The page of the question. */
  readonly href: string;
}

export interface MissionTold {
  readonly mission_id: string;
  readonly title: string;
  /** What the history says of it, in a sentence; '' if it says nothing. */
  readonly text: string;
  readonly at: string;
  /** When it ends, of a mission that nobody cares for. */
  readonly ends_at: string | null;
  readonly href: string;
}

/** One line of a summary or a digest. */
export interface Line {
  readonly kind: 'question' | 'outcome' | 'failed' | 'paused' | 'stale' | 'done';
  readonly mission_title: string;
  readonly text: string;
  /** Until when something can be done about it. */
  readonly until: string | null;
  readonly href: string;
}

interface Common {
  /** The same in every attempt: a channel that is tried again sends the same notice, not a second one. */
  readonly id: string;
  readonly reader: Reader;
  readonly links: {
    readonly inbox: string;
    readonly settings: string;
    /** One click (RFC 8058): a POST to it ends the mail of this kind; a GET only shows what it would do. */
    readonly unsubscribe: string;
  };
}

export type Notice = Common &
  (
    | { readonly kind: 'question' | 'deadline'; readonly question: QuestionTold }
    /** It has ended without an answer; `took` is the label of the default that was taken, null for none. */
    | { readonly kind: 'outcome'; readonly question: QuestionTold; readonly took: string | null }
    | { readonly kind: 'failed' | 'paused' | 'stale' | 'done'; readonly mission: MissionTold }
    /** Three or more of one moment. `total` may be more than the lines. */
    | { readonly kind: 'several'; readonly lines: readonly Line[]; readonly total: number }
    /** `day`: the reader's local date, `2027-01-31`. Open things first, by deadline. */
    | {
        readonly kind: 'digest';
        readonly day: string;
        readonly open: readonly Line[];
        readonly ended: readonly Line[];
      }
  );
export type NoticeKind = Notice['kind'];

/** Mail as text: no link in it decides anything. `headers` has List-Unsubscribe and its kin, no subject or addresses. */
export interface MailTexts {
  readonly subject: string;
  readonly text: string;
  readonly html: string;
  readonly headers: Readonly<Record<string, string>>;
}
export type WriteMail = (notice: Notice) => MailTexts;

/** Where a browser takes push messages (RFC 8030), as it has given it to the page. */
export interface Device {
  readonly id: string;
  readonly endpoint: string;
  readonly p256dh: string;
  readonly auth: string;
}

/** `text`: the device may show what the question asks. What is decided replaces what was shown under its tag. */
export type PushMessage =
  | { readonly kind: 'notice'; readonly notice: Notice; readonly text: boolean }
  | { readonly kind: 'decided'; readonly tag: string; readonly reader: Reader; readonly href: string };

/**
 * `sent`: the channel's server has it. `gone`: there is no such device any more. `refused`: this message will never be
 * taken. `later`: try again.
 */
export type SendResult =
  { readonly kind: 'sent' } | { readonly kind: 'gone' | 'refused' | 'later'; readonly reason: string };

/** The port of the push channel. It rejects for nothing but a fault of its own program. */
export interface PushSender {
  /** The public key that a page subscribes with (RFC 8292), base64url. */
  readonly publicKey: string;
  /** @returns why nothing can be sent to such a device; undefined if it can. */
  trouble(device: Pick<Device, 'endpoint' | 'p256dh'>): string | undefined;
  /** @param lifetime seconds after which the message is of no use to anybody */
  send(device: Device, message: PushMessage, lifetime: number, signal: AbortSignal): Promise<SendResult>;
}

/** What a notice is about: a later one with the same tag takes its place on a screen. */
export function tagOf(notice: Notice): string {
  switch (notice.kind) {
    case 'question':
    case 'deadline':
    case 'outcome':
      return `question:${notice.question.request_id}`;
    case 'failed':
    case 'paused':
    case 'stale':
    case 'done':
      return `mission:${notice.mission.mission_id}`;
    case 'several':
      // One that is taken back takes no other with it.
      return `several:${notice.id}`;
    case 'digest':
      return `digest:${notice.day}`;
    default:
      return notice satisfies never;
  }
}

/** Where a user can be reached at all: a confirmed address, a device. */
export type Reachable = Readonly<Record<NoticeChannel, boolean>>;

export function isLanguage(tag: string): boolean {
  try {
    return Intl.getCanonicalLocales(tag).length === 1;
  } catch {
    return false;
  }
}
