import type { EventEnvelope } from '@missions/contracts/event.ts';
import type { Caller, RunClaim } from '@missions/contracts/request.ts';
import { type Database, openDatabase } from '@missions/persistence/database.ts';
import { migrate } from '@missions/persistence/migrate.ts';
import { type Clock, systemClock } from '@missions/runtime/clock.ts';
import { newId } from '@missions/runtime/id.ts';
import { createLogger } from '@missions/runtime/logger.ts';
import { servers } from '@missions/test-support/stack.ts';
import { startSignalDelivery } from '../jobs/deliver-signals.ts';
import { missionEndpoints } from '../requests/endpoints.ts';
import { eventHandlers } from '../subscriptions/subscriptions.ts';
import { missionEntities } from '../store/entities.ts';
import { missionMigrations } from '../store/migrations.ts';

export interface ServiceUnderTest {
  readonly db: Database;
  /** Carries out a request as the service would, without NATS. @throws {Problem} */
  ask<T = Record<string, unknown>>(
    verb: string,
    input: unknown,
    caller?: Partial<Caller>,
    idempotencyKey?: string,
    run?: RunClaim,
  ): Promise<T>;
  /** Handles events as its consumers would, in one batch. */
  receive(...events: EventEnvelope[]): Promise<void>;
  stop(): Promise<void>;
}

const agent: Caller = { kind: 'service', credential: 'spec', customer_id: 'acme', user_id: 'ada', agent_id: null };

/** The mission service's handlers and store on a fresh database of a real PostgreSQL; only the bus is left out. `pollMs`: see `startDeliveries`. */
export async function startServiceUnderTest(clock: Clock = systemClock, pollMs = 50): Promise<ServiceUnderTest> {
  const database = await (await servers()).freshDatabase({ services: ['mission'] });
  const logger = createLogger({ service: 'spec', level: 'error' });
  const db = await openDatabase({
    url: database.urlFor('mission'),
    schema: 'mission',
    entities: missionEntities,
    migrations: missionMigrations,
    poolSize: 20,
    logger,
  });
  await migrate(db);
  const hint = () => {};
  const deliveries = startSignalDelivery({ db, clock, newId, logger, hint, pollMs });
  const context = { db, clock, newId, admit: () => {}, deliveries, hint };
  const { handleBatch } = eventHandlers(context);
  const endpoints = new Map(missionEndpoints(context).map((it) => [it.contract.verb, it]));
  return {
    db,
    receive: (...events) => handleBatch(events),
    async ask(verb, input, caller = {}, idempotencyKey, run) {
      const endpoint = endpoints.get(verb);
      if (!endpoint) throw new Error(`no endpoint ${verb}`);
      const idempotency =
        idempotencyKey === undefined ? undefined : { scope: verb, key: idempotencyKey, hash: JSON.stringify(input) };
      const { body } = await endpoint.run(JSON.stringify({ caller: { ...agent, ...caller }, input, idempotency, run }));
      return JSON.parse(body as string);
    },
    async stop() {
      await deliveries.stop();
      await db.close();
    },
  };
}
