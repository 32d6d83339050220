import { expect } from 'chai';
import pg from 'pg';
import { createMission } from '@missions/contracts/mission/requests.ts';
import type { Caller } from '@missions/contracts/request.ts';
import type { Bus } from '@missions/messaging/bus.ts';
import { connectBus } from '@missions/messaging/connect.ts';
import { mission } from '@missions/mission/service.ts';
import { createLogger } from '@missions/runtime/logger.ts';
import { type RunningService, startInProcess } from '@missions/service-kit/testing/service-under-test.ts';
import { asGateway } from '@missions/test-support/caller-keys.ts';
import { type PgBouncer, startPgBouncer } from '@missions/test-support/pgbouncer.ts';
import { servers, type TestServers } from '@missions/test-support/stack.ts';
import type { TestDatabase } from '@missions/test-support/test-database.ts';
import { waitUntil } from '@missions/test-support/wait-until.ts';

const caller: Caller = { kind: 'user', credential: 'spec', customer_id: 'acme', user_id: 'ada', agent_id: null };
const CALLS = 200;

describe('two copies of a service behind PgBouncer in transaction mode', () => {
  let running: TestServers;
  let database: TestDatabase;
  let pooler: PgBouncer | undefined;
  let admin: pg.Client;
  let gateway: Bus;
  let copies: RunningService[] = [];

  before(async () => {
    running = await servers();
    database = await running.freshDatabase({ services: ['mission'] });
    try {
      pooler = await startPgBouncer(running.adminUrl, ['mission']);
    } catch (error) {
      process.stderr.write(`\n  !!! NO PGBOUNCER: services behind a pooler are not tried. ${String(error)}\n`);
      return;
    }
    admin = new pg.Client({ connectionString: database.adminUrl });
    await admin.connect();
    const logger = createLogger({ service: 'spec', level: 'silent' });
    gateway = await connectBus({ servers: running.natsUrl, name: 'gateway', logger, callerKeys: asGateway });
    const env = {
      DATABASE_POOLER: 'transaction',
      DATABASE_DIRECT_URL: database.urlFor('mission'),
      DATABASE_STATEMENT_TIMEOUT_MS: '7000',
    };
    const urls = { databaseUrl: pooler.pooled(database.urlFor('mission')), natsUrl: running.natsUrl };
    copies = await Promise.all([1, 2].map(() => startInProcess(mission, { ...urls, env })));
  });
  after(async () => {
    for (const copy of copies) await copy.stop();
    await gateway?.drain();
    await admin?.end();
    await pooler?.stop();
  });

  const active = async (): Promise<number> => {
    const { rows } = await admin.query<{ active: number }>(
      `select count(*)::int as active
         from mission.leaders join pg_stat_activity a on a.pid = backend_pid and a.backend_start = leaders.backend_start
        where key = 'relay' and expires_at > clock_timestamp() and datname = current_database()`,
    );
    return rows[0]?.active ?? 0;
  };
  const unpublished = async (): Promise<number> =>
    (await admin.query('select 1 from mission.outbox where published_at is null')).rowCount ?? 0;

  it('answers each call, and one relay publishes all events, also when its copy has stopped', async () => {
    if (!pooler) return;
    const create = (title: string) => gateway.request(createMission, { caller, input: { title } });
    const titles = Array.from({ length: CALLS }, (_, n) => `Mission ${n}`);
    const created = await Promise.all(titles.map(create));
    expect(new Set(created.map((reply) => reply.json<{ id: string }>().id)).size).to.equal(CALLS);
    await waitUntil(async () => (await unpublished()) === 0, { what: 'all events published' });
    expect(await active()).to.equal(1);
    await copies.shift()?.stop();
    await Promise.all(titles.map(create));
    await waitUntil(async () => (await unpublished()) === 0, { what: 'all events published by the other copy' });
    expect(await active()).to.equal(1);
  });

  it('has in each session the settings that a pooler cannot be given at the start of one', async () => {
    if (!pooler) return;
    const client = new pg.Client({ connectionString: pooler.pooled(database.urlFor('mission')) });
    await client.connect();
    const settings = ['statement_timeout', 'idle_in_transaction_session_timeout', 'timezone', 'enable_seqscan', 'jit'];
    const found: unknown[] = [];
    for (const name of settings)
      found.push(...(await client.query(`show ${name}`)).rows.map((row) => Object.values(row)[0]));
    await client.end();
    expect(found).to.deep.equal(['7s', '7s', 'UTC', 'off', 'off']);
  });

  it('starts no service behind a pooler without an address of PostgreSQL itself', () => {
    const env = {
      DATABASE_URL: 'postgres://u@h/db',
      NATS_URL: 'nats://127.0.0.1',
      CALLER_KEY: 'x',
      SCHEDULER_CALLER_KEY: 'x',
    };
    const read = (): unknown => mission.config({ ...env, ANSWER_KEY: 'x', DATABASE_POOLER: 'transaction' });
    expect(read).to.throw('DATABASE_DIRECT_URL is required with DATABASE_POOLER=transaction');
  });
});
