import type { EventEnvelope } from '@missions/contracts/event.ts';
import { connectBus } from '@missions/messaging/connect.ts';
import { databaseProblem } from '@missions/persistence/error-mapping.ts';
import { openDatabase } from '@missions/persistence/database.ts';
import { claimEvents } from '@missions/persistence/inbox.ts';
import { statement } from '@missions/persistence/statement.ts';
import { outboxEntities } from '@missions/persistence/schema.ts';
import { transaction } from '@missions/persistence/transaction.ts';
import { serveHealth } from '@missions/runtime/health-server.ts';
import { runService } from '@missions/runtime/lifecycle.ts';
import { registry } from '@missions/runtime/metrics.ts';
import { OBSERVER } from '@missions/test-support/deployed-servers.ts';
import { PROBE } from './probe-tables.ts';
import { makeConsumer } from '@missions/messaging/admin/provisioning.ts';

/**
 * A service that records an effect for every event of every mission, in the way of all services: inbox and effect in
 * one transaction, acknowledgement after it. `INBOX=off` leaves the inbox out;
 * `CRASH_AFTER=<n>` is `kill -9` after the n-th commit, before its acknowledgement.
 */
const { DATABASE_URL = '', NATS_URL = '', HEALTH_PORT, INBOX, CRASH_AFTER } = process.env;
let left = Number(CRASH_AFTER);

const insert = (table: string) =>
  statement(`probe.${table}`, `insert into ${table} (event_id) select id from unnest($1::uuid[]) as id`);
const insertDelivery = insert('delivery');
const insertEffect = insert('effect');

await runService(PROBE, async ({ logger, health, onStop }) => {
  const probes = await serveHealth({ port: Number(HEALTH_PORT), host: '127.0.0.1', health, metrics: registry });
  onStop('health', () => probes.close());
  const db = await openDatabase({ url: DATABASE_URL, schema: PROBE, entities: outboxEntities, migrations: [], logger });
  onStop('database', () => db.close());
  const bus = await connectBus({ servers: NATS_URL, name: PROBE, logger });
  onStop('bus', () => bus.drain());

  const handleBatch = async (events: readonly EventEnvelope[]): Promise<void> => {
    const ids = events.map((event) => event.id);
    await transaction(db, async (tx) => {
      await tx.run(insertDelivery, [ids]);
      const fresh = INBOX === 'off' ? ids : [...(await claimEvents(tx, PROBE, ids))];
      await tx.run(insertEffect, [fresh]);
    });
    if (--left === 0) process.kill(process.pid, 'SIGKILL');
  };
  await bus.consume({
    setUp: makeConsumer,
    stream: 'MISSION',
    service: OBSERVER,
    durable: PROBE,
    handleBatch,
    handleOne: (event) => handleBatch([event]),
    classify: databaseProblem,
    // Short, because the events of a killed probe are delivered again only after this time.
    ackWaitMs: 1_000,
  });
});
