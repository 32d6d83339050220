import type { AskedInputRequest } from '@missions/contracts/approval/input-request.ts';
import type { ApprovalEventType } from '@missions/contracts/approval/events.ts';
import type { EventEnvelope } from '@missions/contracts/event.ts';
import type { Caller } from '@missions/contracts/request.ts';
import { type Database, openDatabase } from '@missions/persistence/database.ts';
import { migrate } from '@missions/persistence/migrate.ts';
import { type Clock, systemClock } from '@missions/runtime/clock.ts';
import { newId } from '@missions/runtime/id.ts';
import { createLogger } from '@missions/runtime/logger.ts';
import { servers } from '@missions/test-support/stack.ts';
import type { Notification } from '../commands/execute-command.ts';
import { handleEvents } from '../subscriptions/consume.ts';
import { approvalEndpoints } from '../requests/endpoints.ts';
import { approvalEntities } from '../store/entities.ts';
import { approvalMigrations } from '../store/migrations.ts';

export interface Told {
  readonly type: ApprovalEventType | 'scheduler.timer_set' | 'scheduler.timer_cancelled';
  readonly version: number;
  readonly index: number;
  readonly time: Date;
  readonly data: Record<string, any>;
}

export interface ServiceUnderTest {
  readonly db: Database;
  /** What users who are looking were told. */
  readonly hints: (Notification & { customer: string; user: string })[];
  /** Carries out a request as the service would, without NATS. @throws {Problem} */
  ask<T = Record<string, any>>(
    verb: string,
    input: unknown,
    caller?: Partial<Caller>,
    idempotencyKey?: string,
  ): Promise<T>;
  /** Hands over events as the consumers would. */
  hear(...events: EventEnvelope[]): Promise<void>;
  /** What was put into the outbox about a request, in order. */
  told(id: string): Promise<Told[]>;
  stop(): Promise<void>;
}

const ada: Caller = { kind: 'user', credential: 'spec', customer_id: 'acme', user_id: 'ada', agent_id: null };

/** The approval service's handlers and store on a fresh database of a real PostgreSQL; only the bus is left out. */
export async function startServiceUnderTest(clock: Clock = systemClock): Promise<ServiceUnderTest> {
  const database = await (await servers()).freshDatabase({ services: ['approval'] });
  const logger = createLogger({ service: 'spec', level: 'error' });
  const db = await openDatabase({
    url: database.urlFor('approval'),
    schema: 'approval',
    entities: approvalEntities,
    migrations: approvalMigrations,
    poolSize: 20,
    logger,
  });
  await migrate(db);
  const hints: ServiceUnderTest['hints'] = [];
  const context = {
    db,
    clock,
    newId,
    logger,
    admit: () => {},
    hint: (customer: string, user: string, hint: Notification) => void hints.push({ customer, user, ...hint }),
  };
  const endpoints = new Map(approvalEndpoints(context).map((it) => [it.contract.verb, it]));
  return {
    db,
    hints,
    async ask(verb, input, caller = {}, idempotencyKey) {
      const endpoint = endpoints.get(verb);
      if (!endpoint) throw new Error(`no endpoint ${verb}`);
      const idempotency =
        idempotencyKey === undefined ? undefined : { scope: verb, key: idempotencyKey, hash: JSON.stringify(input) };
      const { body } = await endpoint.run(JSON.stringify({ caller: { ...ada, ...caller }, input, idempotency }));
      return JSON.parse(typeof body === 'string' ? body : JSON.stringify(body));
    },
    hear: (...events) => handleEvents(context, events),
    async told(id) {
      // By mission first: looking into the data of every row is slow.
      const sql = `select type, version, index, time, data from outbox where mission_id in (select mission_id::text from input_request where id = $1::uuid)
        and (data ->> 'request_id' = $1::text or data ->> 'key' like '%' || $1::text) order by position`;
      const { rows } = await db.pool.query(sql, [id]);
      return rows.map((row) => ({ ...row, time: new Date(row.time) }));
    },
    stop: () => db.close(),
  };
}

/** A question of `ada`, pending for an hour from `at` unless said. */
export function question(at: Date, over: Partial<AskedInputRequest> = {}): AskedInputRequest {
  return {
    id: newId(),
    customer_id: 'acme',
    user_id: 'ada',
    mission_id: newId(),
    task_id: null,
    conversation_id: 'chat-1',
    prompt: 'Book Tuesday at 10?',
    options: [
      { id: 'yes', label: 'Yes' },
      { id: 'no', label: 'No', description: 'look for another slot' },
    ],
    allow_freeform: true,
    context: { slot: 'Tue 10:00' },
    urgency: 'normal',
    expires_at: new Date(at.getTime() + 3_600_000).toISOString(),
    default_option: null,
    remind_at: null,
    created_at: at.toISOString(),
    ...over,
  };
}

const event = (type: string, of: AskedInputRequest, data: Record<string, unknown>): EventEnvelope => ({
  id: newId(),
  type,
  source: '/spec',
  time: of.created_at,
  customer_id: of.customer_id,
  user_id: of.user_id,
  mission_id: of.mission_id,
  version: 2,
  index: 0,
  data,
});

export const asked = (of: AskedInputRequest): EventEnvelope => event('mission.input_requested', of, { question: of });
export const unblocked = (of: AskedInputRequest, by = 'cancelled', key = `human_input:${of.id}`): EventEnvelope =>
  event('mission.unblocked', of, { metadata: { key, resolution: { by } } });
export const fired = (
  of: AskedInputRequest,
  kind: 'expire' | 'remind',
  fire_at = kind === 'expire' ? of.expires_at : (of.remind_at ?? ''),
): EventEnvelope => {
  const { customer_id, user_id, mission_id } = of;
  return event('timer.approval', of, {
    customer_id,
    user_id,
    mission_id,
    owner: 'approval',
    key: `${kind}:${of.id}`,
    revision: 1,
    fire_at,
    fired_at: fire_at,
    payload: { request_id: of.id, kind },
  });
};
