import type { EmailEventType } from '@missions/contracts/email/events.ts';
import type { RequestedMail } from '@missions/contracts/email/email.ts';
import type { EventEnvelope } from '@missions/contracts/event.ts';
import { type Clock, systemClock } from '@missions/runtime/clock.ts';
import { newId } from '@missions/runtime/id.ts';
import { type ServiceUnderTest, startServiceUnderTest } from '@missions/service-kit/testing/service-under-test.ts';
import type { Context } from '../commands/execute-command.ts';
import { receiveMessage } from '../commands/receive-message.ts';
import type { IncomingMessage } from '../domain/incoming-message.ts';
import { emailBridge, mailContext } from '../service.ts';
import { type Sending, type SendingOptions, startSending } from '../smtp/queue.ts';

export interface OutboxEvent {
  readonly type: EmailEventType | 'scheduler.timer_set_email' | 'scheduler.timer_cancelled_email';
  readonly customer_id: string;
  readonly mission_id: string;
  readonly version: number;
  readonly index: number;
  readonly time: Date;
  readonly data: Record<string, any>;
}

/**
 * The bridge's handlers and store on a fresh database, without NATS and without listeners. Messages are sent once
 * `send` is called.
 */
export interface BridgeUnderTest extends ServiceUnderTest<Context> {
  /** Receives a message as the listeners do. */
  receive(message: IncomingMessage): ReturnType<typeof receiveMessage>;
  /**
   * Sends the queued messages until the bridge is stopped; may be called several times, as if there were several
   * copies.
   */
  send(options: SendingOptions): Sending;
  /** The events in the outbox that are about an e-mail, in order. */
  eventsAbout(id: string): Promise<OutboxEvent[]>;
  eventTypes(id: string): Promise<string[]>;
  countRows(table: string): Promise<number>;
}

export async function startBridgeUnderTest(
  clock: Clock = systemClock,
  env: Record<string, string> = {},
): Promise<BridgeUnderTest> {
  const senders: Sending[] = [];
  const wakeSenders = () => senders.forEach((sending) => sending.wake());
  const service = await startServiceUnderTest(
    { ...emailBridge, context: (base, faults) => ({ ...base, faults, ...mailContext(base, wakeSenders) }) },
    {
      clock,
      env: { MAIL_DOMAIN: 'hub.example', MAIL_TRUSTED_AUTHSERV: 'mx.hub.example', ...env },
      caller: { kind: 'service' },
    },
  );
  const { db, context } = service;
  const eventsAbout = async (id: string): Promise<OutboxEvent[]> => {
    const sql = `select type, customer_id, mission_id, version, index, time, data from outbox
      where data ->> 'tracking_id' = $1 or data ->> 'key' = 'email:' || $1 order by position`;
    const { rows } = await db.pool.query(sql, [id]);
    return rows.map((row) => ({ ...row, time: new Date(row.time) }));
  };
  return {
    ...service,
    receive: (message) => receiveMessage(context, message),
    send(options) {
      const sending = startSending(context, { pollMs: 20, ...options });
      senders.push(sending);
      return sending;
    },
    eventsAbout,
    eventTypes: async (id) => (await eventsAbout(id)).map(({ type }) => type),
    async countRows(table) {
      const { rows } = await db.pool.query(`select count(*)::int as n from ${table}`);
      return rows[0].n;
    },
    async stop() {
      await Promise.all(senders.map((sending) => sending.stop()));
      await service.stop();
    },
  };
}

/**
 * An e-mail of `ada` to Sarah and John, whose replies are expected within a week from `at`, unless `over` says
 * otherwise.
 */
export function requestedEmail(at: Date, over: Partial<RequestedMail> = {}): RequestedMail {
  const to = over.to ?? ['Sarah Miller <sarah@example.com>', 'john@example.com'];
  return {
    id: newId(),
    customer_id: 'acme',
    user_id: 'ada',
    mission_id: newId(),
    task_id: newId(),
    to,
    cc: [],
    bcc: [],
    subject: 'The Q1 budget',
    body: 'When can we meet?\n',
    body_html: null,
    reply_to_message_id: null,
    expect_reply: true,
    expected_recipients: to.map((text) => /<(.*)>/.exec(text)?.[1] ?? text),
    until: 'all',
    expires_at: new Date(at.getTime() + 7 * 24 * 3_600_000).toISOString(),
    follow_up_of: null,
    created_at: at.toISOString(),
    ...over,
  };
}

let messagesMade = 0;
/** A message from Sarah, unless `over` says otherwise. */
export const incomingMessage = (
  over: Partial<Omit<IncomingMessage, 'from'>> & { from?: string } = {},
): IncomingMessage => {
  const { from = 'sarah@example.com', ...rest } = over;
  return {
    message_id: `<${++messagesMade}.${process.pid}@example.com>`,
    addressed_to: [],
    references: [],
    subject: 'Re: The Q1 budget',
    kind: 'reply',
    null_reverse_path: over.kind === 'bounce',
    authentication: null,
    failures: [],
    unnamed_failure: null,
    text: 'Tuesday at ten.\n\n> When can we meet?',
    snippet: 'Tuesday at ten.',
    reading: [],
    ...rest,
    from: { name: 'Sarah Miller', address: from },
  };
};

const event = (type: string, of: RequestedMail, data: Record<string, unknown>): EventEnvelope => ({
  id: newId(),
  type,
  source: '/spec',
  time: of.created_at,
  customer_id: of.customer_id,
  user_id: of.user_id,
  mission_id: of.mission_id ?? '',
  version: 2,
  index: 0,
  data,
});

export const emailRequestedEvent = (of: RequestedMail): EventEnvelope =>
  event('mission.email_requested', of, { mail: of });

/** @param wait_id null for an event of an older mission service, which leaves the member out */
export const unblockedEvent = (
  of: RequestedMail,
  by = 'cancelled',
  key = `email_reply:${of.id}`,
  wait_id: string | null = of.id,
): EventEnvelope =>
  event('mission.unblocked', of, { metadata: { key, ...(wait_id !== null && { wait_id }), resolution: { by } } });

/** The wait for replies was ended by the signal with this id. */
export const signalledEvent = (of: RequestedMail, id: string, wait_id: string | null = of.id): EventEnvelope => {
  const resolution = { by: 'signal', signal: { id, data: {}, final: true, received_at: of.created_at } };
  return event('mission.unblocked', of, {
    metadata: { key: `email_reply:${of.id}`, ...(wait_id !== null && { wait_id }), resolution },
  });
};

export const missionErasedEvent = (of: RequestedMail): EventEnvelope => event('mission.erased', of, {});

export const timerFiredEvent = (of: RequestedMail, fire_at = of.expires_at): EventEnvelope => {
  const { id, customer_id, user_id } = of;
  const mission_id = of.mission_id ?? '';
  return event('timer.email', of, {
    customer_id,
    user_id,
    mission_id,
    owner: 'email',
    key: `email:${id}`,
    revision: 1,
    fire_at,
    fired_at: fire_at,
    payload: { tracking_id: id },
  });
};
