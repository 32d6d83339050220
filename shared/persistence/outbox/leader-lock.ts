import { connectStandalone } from '../session.ts';
import type { Database } from '../database.ts';
import type pg from 'pg';

/**
 * The post of a schema's relay: held by one process, which has the session's advisory lock; the others stand by on connections of their own.
 * They try again at every poll rather than wait inside PostgreSQL for the lock: a waiting statement keeps a snapshot, and with it every dead
 * row of the outbox. Whoever leaves in good order tells the others.
 *
 * All that the holder reads and marks goes over this same connection: who has lost the lock can mark nothing.
 */
export class LeaderLock {
  readonly client: pg.Client;
  readonly #channel: string;
  readonly #schema: string;
  #held = false;
  #lost = false;

  private constructor(client: pg.Client, schema: string) {
    this.client = client;
    this.#schema = schema;
    this.#channel = `outbox_${schema}`;
  }

  /** `woken`: another process announces new rows, the post is vacant, or this connection is lost. */
  static async open(db: Database, woken: () => void): Promise<LeaderLock> {
    const { url, schema, statementTimeoutMs } = db.options;
    const client = await connectStandalone({ url, schema, statementTimeoutMs, name: `${schema} relay` });
    const post = new LeaderLock(client, schema);
    client.on('end', () => {
      post.#lost = true;
      woken();
    });
    // One who stands by also hears what it announced itself, and must not take it for news.
    client.on('notification', ({ payload }) => {
      if (post.#held || payload === VACANT) woken();
    });
    await client.query(`listen ${post.#channel}`);
    return post;
  }

  get held(): boolean {
    return this.#held && !this.#lost;
  }

  get lost(): boolean {
    return this.#lost;
  }

  /** Takes the post if it is vacant; true when it is held. */
  async take(): Promise<boolean> {
    if (!this.#held) {
      const { rows } = await this.client.query<{ taken: boolean }>(`select pg_try_advisory_lock(${LOCK}) as taken`, [
        this.#schema,
      ]);
      this.#held = rows[0]?.taken === true;
    }
    return this.held;
  }

  /** Tells the holder that there are new rows. On its own, not in the writing transaction: a NOTIFY in it serialises all commits. */
  async announce(): Promise<void> {
    await this.client.query('select pg_notify($1, $2)', [this.#channel, NEW_ROWS]);
  }

  async leave(): Promise<void> {
    try {
      if (this.held) {
        await this.client.query(`select pg_advisory_unlock(${LOCK})`, [this.#schema]);
        await this.client.query('select pg_notify($1, $2)', [this.#channel, VACANT]);
      }
    } catch {
      // Lost meanwhile: the others find out at their next poll.
    }
    this.#held = false;
    await this.client.end();
  }
}

const LOCK = `hashtextextended('relay ' || $1, 0)`;
const VACANT = 'vacant';
const NEW_ROWS = '';
