import type pg from 'pg';
import type { Database } from './database.ts';
import { connectStandalone } from './session.ts';

export interface LeaderLockOptions {
  /**
   * Names the lock: `relay mission`. All processes that compete use the same text, and nothing else in the database
   * does.
   */
  readonly key: string;
  /** Ends the connection's name in `pg_stat_activity`: `<schema> <role>`. */
  readonly role: string;
  /** The connection was lost, and the lock with it if it was held; another process may hold it already. */
  readonly onLost: () => void;
}

/**
 * Elects one of several processes: the leader holds an advisory lock of a PostgreSQL session, on a connection outside
 * the pool, and loses it with that connection. The others stand by and try again at intervals rather than wait for the
 * lock inside PostgreSQL: a waiting statement keeps a snapshot, which keeps vacuum from removing any dead row.
 *
 * A leader that executes its statements over `client` cannot execute one after it has lost the lock.
 */
export class LeaderLock {
  readonly client: pg.Client;
  readonly #key: string;
  #held = false;
  #lost = false;
  #closed = false;

  private constructor(client: pg.Client, { key, onLost }: LeaderLockOptions) {
    this.client = client;
    this.#key = key;
    client.on('end', () => {
      this.#lost = true;
      if (!this.#closed) onLost();
    });
  }

  /** Connects, and does not try to take the lock yet. */
  static async connect({ options }: Pick<Database, 'options'>, lock: LeaderLockOptions): Promise<LeaderLock> {
    const { url, schema, statementTimeoutMs } = options;
    const client = await connectStandalone({ url, schema, statementTimeoutMs, name: `${schema} ${lock.role}` });
    return new LeaderLock(client, lock);
  }

  /** Connects and takes the lock; undefined, and no connection left, while another process holds it. */
  static async acquire(db: Pick<Database, 'options'>, options: LeaderLockOptions): Promise<LeaderLock | undefined> {
    const lock = await LeaderLock.connect(db, options);
    try {
      if (await lock.tryAcquire()) return lock;
    } catch (error) {
      await lock.close();
      throw error;
    }
    await lock.close();
    return undefined;
  }

  get held(): boolean {
    return this.#held && !this.#lost;
  }

  /** The connection is gone; this lock can never be held again. */
  get lost(): boolean {
    return this.#lost;
  }

  /** Takes the lock if no process holds it. True if it is held now. */
  async tryAcquire(): Promise<boolean> {
    if (!this.#held) {
      const { rows } = await this.client.query<{ acquired: boolean }>(
        `select pg_try_advisory_lock(${KEY}) as acquired`,
        [this.#key],
      );
      this.#held = rows[0]?.acquired === true;
    }
    return this.held;
  }

  /** Gives the lock up, and keeps the connection. */
  async release(): Promise<void> {
    if (!this.held) return;
    await this.client.query(`select pg_advisory_unlock(${KEY})`, [this.#key]);
    this.#held = false;
  }

  /** Ends the connection, and with it the lock. `onLost` is not called. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#held = false;
    await this.client.end();
  }
}

const KEY = 'hashtextextended($1, 0)';
