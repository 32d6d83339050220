/**
 * A service that subscribes to missions and keeps a small table of its own, exactly once: how many events each mission
 * has had, and where it stands. Start as many copies as you like.
 *
 *     EVENTS_URL=nats://billing:<password>@127.0.0.1:4222 DATABASE_URL=postgres://… node service.ts
 */
import process, { env } from 'node:process';
import { Pool } from 'pg';
import { subscribe } from '@missions/events';

const db = new Pool({ connectionString: env['DATABASE_URL'] });
// One copy at a time: PostgreSQL lets two that make the same table at once fail.
await db.query(`
  begin;
  select pg_advisory_xact_lock(1);
  create table if not exists handled (event_id uuid primary key);
  create table if not exists missions
    (mission_id uuid primary key, events integer not null, last_type text not null, last_version integer not null,
     out_of_order integer not null default 0);
  commit`);

const subscription = await subscribe(
  {
    url: env['EVENTS_URL'] ?? '',
    types: ['mission.*'],
    durable: env['DURABLE'] ?? 'billing',
    silenceMs: 1_000,
  },
  async (event) => {
    const tx = await db.connect();
    try {
      await tx.query('begin');
      // The event's id and its effect are one transaction: an event that comes again finds its id, and does nothing.
      const { rowCount } = await tx.query('insert into handled values ($1) on conflict do nothing', [event.id]);
      if (rowCount === 1)
        await tx.query(
          `insert into missions values ($1, 1, $2, $3) on conflict (mission_id) do update set
             events = missions.events + 1, last_type = excluded.last_type, last_version = excluded.last_version,
             out_of_order = missions.out_of_order + (excluded.last_version < missions.last_version)::int`,
          [event.mission_id, event.type, event.version],
        );
      await tx.query('commit');
      tx.release();
    } catch (error) {
      // Closes the connection, which rolls back.
      tx.release(error as Error);
      throw error;
    }
  },
);

process.on('SIGTERM', () => void subscription.stop().then(() => db.end()));
console.log('subscribed');
