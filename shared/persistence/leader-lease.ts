import { defineEntity, p } from '@mikro-orm/core';
import type pg from 'pg';
import { type Database, directUrlOf } from './database.ts';
import { connectStandalone } from './session.ts';
import { execute, statement } from './statement.ts';

/** Who leads in this schema, one row for each kind of work that one process does at a time. */
const Leader = defineEntity({
  name: 'Leader',
  tableName: 'leaders',
  properties: {
    key: p.text().primary(),
    /** Rises by one with each new holder. */
    epoch: p.bigint('string'),
    /** The database session of the holder. */
    backendPid: p.integer(),
    backendStart: p.datetime(6),
    expiresAt: p.datetime(3),
  },
});

export class LeaderEntity extends Leader.class {}
Leader.setClass(LeaderEntity);

export interface LeaderLeaseOptions {
  /** Names the work: `relay`. Within a schema, all processes that compete use the same text. */
  readonly key: string;
  /** Ends the connection's name in `pg_stat_activity`: `<schema> <role>`. */
  readonly role: string;
  /** The lease or its connection was lost; another process may hold the lease already. */
  readonly onLost: () => void;
  /** A holder that does not renew for so long is replaced. Default 10,000 ms. */
  readonly ttlMs?: number;
}

const TTL_MS = 10_000;

/** Free: never taken, run out, or the session of its holder has ended (a killed process is replaced at once). */
const take = statement(
  'leader.take',
  `insert into leaders (key, epoch, backend_pid, backend_start, expires_at)
   select $1, 1, pid, backend_start, clock_timestamp() + $2::int * interval '1 ms'
     from pg_stat_activity
    where pid = pg_backend_pid()
      and not exists (select 1 from leaders l join pg_stat_activity a using (backend_start)
                       where l.key = $1 and a.pid = l.backend_pid and l.expires_at > clock_timestamp())
   on conflict (key) do update
      set epoch = leaders.epoch + 1, backend_pid = excluded.backend_pid,
          backend_start = excluded.backend_start, expires_at = excluded.expires_at
    where leaders.expires_at <= clock_timestamp()
       or not exists (select 1 from pg_stat_activity a
                       where a.pid = leaders.backend_pid and a.backend_start = leaders.backend_start)
   returning epoch::text`,
);
const renew = statement(
  'leader.renew',
  `update leaders set expires_at = clock_timestamp() + $3::int * interval '1 ms'
    where key = $1 and epoch = $2 and expires_at > clock_timestamp()
   returning 1`,
);
const giveUp = statement(
  'leader.give_up',
  'update leaders set expires_at = clock_timestamp() where key = $1 and epoch = $2',
);

/**
 * Elects one of several processes: the leader holds a row of `leaders` for 10 s at a time and renews it four times in
 * that span, by the database's clock. A leader that is frozen or cut off renews no more and is replaced; when it comes
 * back, its own monotonic clock says that the lease has run out, and statements that name its epoch change nothing.
 * The others stand by and try again at intervals.
 */
export class LeaderLease {
  readonly client: pg.Client;
  readonly key: string;
  readonly #ttlMs: number;
  readonly #onLost: () => void;
  #epoch: string | undefined;
  /** By `performance.now()`: reckoned from before the statement was sent, so never later than the row's own time. */
  #expiresAt = -Infinity;
  #renewal: NodeJS.Timeout | undefined;
  #lost = false;
  #closed = false;

  private constructor(client: pg.Client, { key, onLost, ttlMs = TTL_MS }: LeaderLeaseOptions) {
    this.client = client;
    this.key = key;
    this.#ttlMs = ttlMs;
    this.#onLost = onLost;
    client.on('end', () => this.#lose());
  }

  /** Connects, and does not try to take the lease yet. */
  static async connect({ options }: Pick<Database, 'options'>, lease: LeaderLeaseOptions): Promise<LeaderLease> {
    const { schema, statementTimeoutMs } = options;
    const url = directUrlOf(options);
    const client = await connectStandalone({ url, schema, statementTimeoutMs, name: `${schema} ${lease.role}` });
    return new LeaderLease(client, lease);
  }

  /** Connects and takes the lease; undefined, and no connection left, while another process holds it. */
  static async acquire(db: Pick<Database, 'options'>, options: LeaderLeaseOptions): Promise<LeaderLease | undefined> {
    const lease = await LeaderLease.connect(db, options);
    try {
      if (await lease.tryAcquire()) return lease;
    } catch (error) {
      await lease.close();
      throw error;
    }
    await lease.close();
    return undefined;
  }

  get held(): boolean {
    return this.#epoch !== undefined && !this.#lost && performance.now() < this.#expiresAt;
  }

  /** The lease was lost, or its connection is gone; this object can never hold it again. */
  get lost(): boolean {
    return this.#lost;
  }

  /** For statements that only the holder may execute: they compare it with the row. */
  get epoch(): string {
    if (this.#epoch === undefined) throw new Error(`the lease "${this.key}" is not held`);
    return this.#epoch;
  }

  /** Takes the lease if no process holds it. True if it is held now. */
  async tryAcquire(): Promise<boolean> {
    if (this.#epoch !== undefined || this.#lost) return this.held;
    const sentAt = performance.now();
    const [row] = await execute<{ epoch: string }>(this.client, take, [this.key, this.#ttlMs]);
    if (!row) return false;
    this.#epoch = row.epoch;
    this.#expiresAt = sentAt + this.#ttlMs;
    this.#renewal = setInterval(() => void this.#renew(row.epoch), this.#ttlMs / 4).unref();
    return this.held;
  }

  /** Gives the lease up, and keeps the connection. */
  async release(): Promise<void> {
    const epoch = this.#epoch;
    if (epoch === undefined || this.#lost) return;
    this.#forget();
    await execute(this.client, giveUp, [this.key, epoch]);
  }

  /** Ends the connection, and with it the lease. `onLost` is not called. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#forget();
    await this.client.end();
  }

  async #renew(epoch: string): Promise<void> {
    const sentAt = performance.now();
    try {
      const rows = await execute(this.client, renew, [this.key, epoch, this.#ttlMs]);
      if (this.#epoch !== epoch) return;
      if (rows.length > 0) this.#expiresAt = sentAt + this.#ttlMs;
      else this.#lose();
    } catch {
      // The connection is gone, which its own event tells, or slow: then the lease runs out.
      if (!this.held) this.#lose();
    }
  }

  #forget(): void {
    clearInterval(this.#renewal);
    this.#epoch = undefined;
  }

  #lose(): void {
    if (this.#lost) return;
    this.#lost = true;
    this.#forget();
    if (!this.#closed) this.#onLost();
  }
}
