import { headerOf, type ReceivedMail } from '../mail/receiver.ts';
import type { MailEnvironment } from '../mail/mail-environment.ts';
import type { Correspondence } from './mail-rounds.ts';

/** The services' state at the end, read from their own tables, and the mail that the mail server received. */
export interface MailObservations {
  readonly written: readonly Correspondence[];
  readonly emails: readonly { id: string; status: string; message_id: string; mission_id?: string | null }[];
  readonly replies: readonly { id: string; tracking_id: string; message_id: string; kind: string }[];
  /** Events of the bridge's outbox. `about`: id of the reply that an `email.replied` is about. */
  readonly events: readonly { type: string; tracking_id: string; about: string | null }[];
  /** Replies that the missions' histories record. */
  readonly entries: readonly { mission_id: string; reply_id: string }[];
  /** Ends of waits that the missions' histories record. */
  readonly ends: readonly { mission_id: string; key: string }[];
  readonly tasks: readonly { id: string; status: string }[];
  readonly missions: readonly { id: string; phase: string }[];
  /** One entry for each recipient of each message that the mail server received. */
  readonly copies: readonly { message_id: string; to: string; subject: string }[];
  readonly unpublished: number;
}

const queries: Record<Exclude<keyof MailObservations, 'written' | 'copies' | 'unpublished'>, string> = {
  emails: 'select id::text, status, message_id, mission_id::text from email_bridge.email',
  replies: 'select id::text, email_id::text as tracking_id, message_id, kind from email_bridge.reply',
  events: `select type, data ->> 'tracking_id' as tracking_id, data -> 'reply' ->> 'id' as about from email_bridge.outbox where type like 'email.%'`,
  entries: `select mission_id::text, metadata ->> 'reply_id' as reply_id from mission.mission_event where event_type = 'external_event'`,
  ends: `select mission_id::text, metadata ->> 'key' as key from mission.mission_event where metadata ? 'resolution'`,
  tasks: 'select id::text, status from mission.task',
  missions: 'select id::text, phase from mission.mission',
};
const outboxes = ['mission', 'scheduler', 'email_bridge']
  .map((schema) => `(select count(*) from ${schema}.outbox where published_at is null)`)
  .join(' + ');

export async function observe(
  { rows, receiver }: Pick<MailEnvironment, 'rows' | 'receiver'>,
  written: readonly Correspondence[],
): Promise<MailObservations> {
  const found: Record<string, unknown> = {};
  for (const [name, sql] of Object.entries(queries)) found[name] = await rows(sql);
  return {
    ...(found as unknown as Omit<MailObservations, 'written' | 'copies' | 'unpublished'>),
    written,
    copies: receiver.taken.flatMap(copiesOf),
    unpublished: await unpublished({ rows }),
  };
}

const copiesOf = (taken: ReceivedMail) =>
  taken.to.map((to) => ({
    message_id: headerOf(taken, 'Message-ID') ?? '',
    to,
    subject: headerOf(taken, 'Subject') ?? '',
  }));

export async function unpublished({ rows }: Pick<MailEnvironment, 'rows'>): Promise<number> {
  const [row] = await rows<{ count: string }>(`select ${outboxes} as count`);
  return Number(row?.count);
}

/** Whether all work is done: every message is sent, every event published, and no wait is open. */
export async function isSettled({ rows }: Pick<MailEnvironment, 'rows'>): Promise<boolean> {
  const [row] = await rows<{ left: string }>(
    `select (select count(*) from email_bridge.message where status = 'queued') + (select count(*) from mission.blocker where resolved_at is null) + ${outboxes} as left`,
  );
  return Number(row?.left) === 0;
}
