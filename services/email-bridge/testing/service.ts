import type { EmailEventType } from '@missions/contracts/email/events.ts';
import type { EventEnvelope } from '@missions/contracts/event.ts';
import type { RequestedMail } from '@missions/contracts/email/email.ts';
import type { Caller } from '@missions/contracts/request.ts';
import { type Database, openDatabase } from '@missions/persistence/database.ts';
import { migrate } from '@missions/persistence/migrate.ts';
import { type Clock, systemClock } from '@missions/runtime/clock.ts';
import { newId } from '@missions/runtime/id.ts';
import { createLogger } from '@missions/runtime/logger.ts';
import { servers } from '@missions/test-support/stack.ts';
import type { IncomingMessage } from '../domain/incoming-message.ts';
import { handleEvents } from '../subscriptions/consume.ts';
import type { Context } from '../commands/context.ts';
import { emailEndpoints } from '../requests/endpoints.ts';
import { newToken } from '../commands/new-token.ts';
import { receiveMessage } from '../commands/receive-message.ts';
import { readMessage } from '../mail-parsing/message.ts';
import { type Sending, type SendingOptions, startSending } from '../smtp/queue.ts';
import { emailEntities } from '../store/entities.ts';
import { emailMigrations } from '../store/migrations.ts';

export interface Told {
  readonly type: EmailEventType | 'scheduler.timer_set' | 'scheduler.timer_cancelled';
  readonly customer_id: string;
  readonly mission_id: string;
  readonly version: number;
  readonly index: number;
  readonly time: Date;
  readonly data: Record<string, any>;
}

export interface ServiceUnderTest {
  readonly db: Database;
  readonly context: Context;
  /** Carries out a request as the service would, without NATS. @throws {Problem} */
  ask<T = Record<string, any>>(
    verb: string,
    input: unknown,
    caller?: Partial<Caller>,
    idempotencyKey?: string,
  ): Promise<T>;
  /** Hands over events as the consumers would. */
  hear(...events: EventEnvelope[]): Promise<void>;
  /** Takes a message in as the listeners would. */
  receive(message: IncomingMessage): ReturnType<typeof receiveMessage>;
  /** Sends what is queued; ended with the service. */
  send(options: SendingOptions): Sending;
  /** What was put into the outbox about an e-mail, in order. */
  told(id: string): Promise<Told[]>;
  types(id: string): Promise<string[]>;
  /** Rows of each table. */
  count(table: string): Promise<number>;
  stop(): Promise<void>;
}

const ada: Caller = { kind: 'service', credential: 'spec', customer_id: 'acme', user_id: 'ada', agent_id: null };

/** The bridge's handlers, store and queue on a fresh database of a real PostgreSQL; only the bus is left out. */
export async function startServiceUnderTest(clock: Clock = systemClock): Promise<ServiceUnderTest> {
  const database = await (await servers()).freshDatabase({ services: ['email_bridge'] });
  const logger = createLogger({ service: 'spec', level: 'silent' });
  const db = await openDatabase({
    url: database.urlFor('email_bridge'),
    schema: 'email_bridge',
    entities: emailEntities,
    migrations: emailMigrations,
    poolSize: 20,
    logger,
  });
  await migrate(db);
  const senders: Sending[] = [];
  const wakeSender = () => senders.forEach((sending) => sending.wake());
  const context: Context = {
    db,
    clock,
    newId,
    newToken,
    logger,
    mailAddress: 'reply@hub.example',
    mailDomain: 'hub.example',
    readMessage,
    admit: () => {},
    wakeSender,
  };
  const endpoints = new Map(emailEndpoints(context).map((it) => [it.contract.verb, it]));
  const told = async (id: string): Promise<Told[]> => {
    const sql = `select type, customer_id, mission_id, version, index, time, data from outbox where data ->> 'tracking_id' = $1 or data ->> 'key' = 'email:' || $1 order by position`;
    const { rows } = await db.pool.query(sql, [id]);
    return rows.map((row) => ({ ...row, time: new Date(row.time) }));
  };
  return {
    db,
    context,
    async ask(verb, input, caller = {}, idempotencyKey) {
      const endpoint = endpoints.get(verb);
      if (!endpoint) throw new Error(`no endpoint ${verb}`);
      const idempotency =
        idempotencyKey === undefined ? undefined : { scope: verb, key: idempotencyKey, hash: JSON.stringify(input) };
      const { body } = await endpoint.run(JSON.stringify({ caller: { ...ada, ...caller }, input, idempotency }));
      return JSON.parse(typeof body === 'string' ? body : JSON.stringify(body));
    },
    hear: (...events) => handleEvents(context, events),
    receive: (message) => receiveMessage(context, message),
    send(options) {
      const sending = startSending(context, { pollMs: 20, ...options });
      senders.push(sending);
      return sending;
    },
    told,
    types: async (id) => (await told(id)).map(({ type }) => type),
    async count(table) {
      const { rows } = await db.pool.query(`select count(*)::int as n from ${table}`);
      return rows[0].n;
    },
    async stop() {
      await Promise.all(senders.map((sending) => sending.stop()));
      await db.close();
    },
  };
}

/** A mail of `ada` to Sarah and John, answers expected for a week from `at`, unless said. */
export function mail(at: Date, over: Partial<RequestedMail> = {}): RequestedMail {
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

let made = 0;
/** A message from outside, of Sarah unless said. */
export const incoming = (over: Partial<Omit<IncomingMessage, 'from'>> & { from?: string } = {}): IncomingMessage => {
  const { from = 'sarah@example.com', ...rest } = over;
  return {
    message_id: `<${++made}.${process.pid}@example.com>`,
    addressed_to: [],
    references: [],
    subject: 'Re: The Q1 budget',
    kind: 'reply',
    failures: [],
    text: 'Tuesday at ten.\n\n> When can we meet?',
    snippet: 'Tuesday at ten.',
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

export const requested = (of: RequestedMail): EventEnvelope => event('mission.email_requested', of, { mail: of });
/** `wait_id`: null as of an older mission service, which did not say. */
export const unblocked = (
  of: RequestedMail,
  by = 'cancelled',
  key = `email_reply:${of.id}`,
  wait_id: string | null = of.id,
): EventEnvelope =>
  event('mission.unblocked', of, { metadata: { key, ...(wait_id !== null && { wait_id }), resolution: { by } } });
export const signalled = (of: RequestedMail, id: string, wait_id: string | null = of.id): EventEnvelope => {
  const resolution = { by: 'signal', signal: { id, data: {}, final: true, received_at: of.created_at } };
  return event('mission.unblocked', of, {
    metadata: { key: `email_reply:${of.id}`, ...(wait_id !== null && { wait_id }), resolution },
  });
};
export const erased = (of: RequestedMail): EventEnvelope => event('mission.erased', of, {});
export const fired = (of: RequestedMail, fire_at = of.expires_at): EventEnvelope => {
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
