import { expect } from 'chai';
import { connectBus } from '@missions/messaging/connect.ts';
import { makeConsumer } from '@missions/messaging/admin/provisioning.ts';
import { sampleEvent } from '@missions/messaging/testing/sample-event.ts';
import { openDatabase } from '@missions/persistence/database.ts';
import { databaseProblem } from '@missions/persistence/error-mapping.ts';
import { Health } from '@missions/runtime/health.ts';
import { createLogger } from '@missions/runtime/logger.ts';
import { startService } from '@missions/service-kit/service.ts';
import { approval } from '@missions/approval/service.ts';
import { callerKeyEnv } from '@missions/test-support/caller-keys.ts';
import { startServers, type TestServers } from '@missions/test-support/stack.ts';
import { waitUntil } from '@missions/test-support/wait-until.ts';

const logger = createLogger({ service: 'spec', level: 'silent' });

describe('while PostgreSQL is away', () => {
  let own: TestServers;
  const stops: (() => Promise<void> | void)[] = [];

  before(async () => {
    own = await startServers();
  });
  afterEach(async () => {
    for (const stop of stops.splice(0).toReversed()) await stop();
  });
  after(() => own?.stop());

  const start = (databaseUrl: string) => {
    const health = new Health();
    const env = { ...callerKeyEnv('approval'), HEALTH_PORT: '0', LOG_LEVEL: 'silent' };
    const config = approval.config({ ...env, DATABASE_URL: databaseUrl, NATS_URL: own.natsUrl });
    const stopping = new AbortController();
    stops.push(() => stopping.abort());
    const onStop = (_label: string, stop: () => Promise<void> | void) => void stops.push(stop);
    return { health, started: startService(approval, { logger, health, stopping: stopping.signal, onStop }, config) };
  };

  it('a service that starts waits without end, and its readiness says for what', async () => {
    const database = await own.freshDatabase({ services: ['approval'] });
    // An orderly stop first: what was just committed may be lost to a crash of a server that does not sync.
    await own.restartPostgres();
    await own.killPostgres();
    const { health, started } = start(database.urlFor('approval'));
    const ended = started.then(
      () => 'started',
      (error: unknown) => `ended: ${String(error)}`,
    );
    const { now } = Date;
    Date.now = () => now() + 3_600_000;
    try {
      // Each of its tries is refused; the hour that has passed is more than any limit.
      await waitUntil(async () => (await health.report()).checks['database'] === 'waiting for the database');
      let tries = 0;
      const stillWaits = () => ++tries > 20;
      await Promise.race([waitUntil(stillWaits), ended.then((how) => expect.fail(how))]);
    } finally {
      Date.now = now;
    }
    await own.startPostgres();
    expect(await ended).to.equal('started');
    expect((await health.report()).checks).to.include({ database: 'ok', nats: 'ok' });
  });

  it('a service whose database is unknown ends at once, for waiting does not mend that', async () => {
    const database = await own.freshDatabase({ services: ['approval'] });
    const { started } = start(database.urlFor('approval').replace(/\/[^/]+$/, '/nowhere'));
    const error = await started.then(
      () => undefined,
      (failure: unknown) => failure as { code?: string },
    );
    expect(error?.code).to.equal('3D000');
  });

  it('an event that runs into time-outs longer than its deliveries last is handled, and no dead letter', async () => {
    const database = await own.freshDatabase({ services: ['approval'] });
    const url = database.urlFor('approval');
    const entities = approval.database.entities;
    const db = await openDatabase({
      url,
      schema: 'approval',
      entities,
      migrations: [],
      logger,
      statementTimeoutMs: 50,
    });
    stops.push(() => db.close());
    await db.pool.query('create table held (id int primary key)');
    const holder = await db.pool.connect();
    stops.push(() => holder.release());
    await holder.query('set idle_in_transaction_session_timeout = 0');
    await holder.query('begin');
    await holder.query('lock table held');

    const bus = await connectBus({ servers: own.natsUrl, name: 'mission', logger });
    stops.push(() => bus.drain());
    const deadLetters: string[] = [];
    bus.subscribe('deadletter.patient', ({ body }) => deadLetters.push(body));
    const maxDeliver = 2;
    let attempts = 0;
    let handled = 0;
    await bus.consume({
      setUp: makeConsumer,
      stream: 'MISSION',
      service: 'patient',
      maxDeliver,
      backoffMs: [5],
      classify: databaseProblem,
      handleOne: async () => {
        attempts++;
        await db.pool.query('insert into held values (1)');
        handled++;
      },
    });
    await bus.publish(sampleEvent({ index: 1 }));
    await waitUntil(() => attempts > 2 * maxDeliver || deadLetters.length > 0);
    expect(deadLetters).to.deep.equal([]);
    await holder.query('commit');
    await waitUntil(() => handled === 1);
    expect(deadLetters).to.deep.equal([]);
  });
});
