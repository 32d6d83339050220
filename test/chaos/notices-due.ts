import type { Client } from 'pg';

/**
 * Longer than any attempt of the bridge, which has 90 s, with the statements that book it. A notice that is leased for
 * longer has lost its attempt, although its process lives: a statement that times out on a busy machine is not repeated,
 * and the lease is what brings the notice back.
 */
const ATTEMPT_MS = 120_000;

const LEASES = `select id || ' ' || locked_until as lease from notifier.notice where status = 'queued' and locked_until > $1
  union all select id || ' ' || locked_until from email_bridge.notice where status = 'queued' and locked_until > $1`;

const queued = (schema: string): string =>
  `select '${schema}.notice ' || id || coalesce(', leased until ' || locked_until, '') || coalesce(': ' || last_error, '')
     from ${schema}.notice where status = 'queued' and next_attempt_at <= $1
      and (coalesce(locked_until, $1) <= $1 or id || ' ' || locked_until <> all($2))`;
const DUE = `select 'subject ' || id || ', due ' || due_at as it from notifier.subject where due_at <= $1
  union all select 'digest of ' || user_id || ', due ' || digest_at from notifier.person where digest_at <= $1
  union all select 'withdrawal of ' || id from notifier.notice where status = 'sent' and withdraw_at <= $1
  union all ${queued('notifier')} union all ${queued('email_bridge')}`;

const NEXT = `select min(at) as at from (
  select due_at as at from notifier.subject union all select digest_at from notifier.person
  union all select greatest(next_attempt_at, locked_until) from notifier.notice where status = 'queued'
  union all select withdraw_at from notifier.notice where status = 'sent'
  union all select greatest(next_attempt_at, locked_until) from email_bridge.notice where status = 'queued') x`;

/** What the notifier and the e-mail bridge have to do, by their tables. */
export class NoticesDue {
  readonly #sql: Client;
  /** Whose process was killed, or has lost them. All others end soon: their process is at work. */
  readonly #lost = new Set<string>();
  /** When a lease was seen first, of real time. */
  readonly #seen = new Map<string, number>();

  constructor(sql: Client) {
    this.#sql = sql;
  }

  /** Its process is dead: its leases end by the clock only. */
  async lose(schema: 'notifier' | 'email_bridge', now: number): Promise<void> {
    const { rows } = await this.#sql.query(
      `select id || ' ' || locked_until as lease from ${schema}.notice where locked_until > $1`,
      [new Date(now)],
    );
    for (const { lease } of rows) this.#lost.add(lease);
  }

  /** Everything that could be done by now is done; a lost lease ends later. @throws Error with what is not done */
  async assertDone(now: number, published: number): Promise<true> {
    const at = new Date(now);
    await this.#findLost(at);
    const heard = await this.#sql.query(`select count(*)::int as n from notifier.inbox where consumer = 'notifier'`);
    const { rows } = await this.#sql.query(DUE, [at, [...this.#lost]]);
    const { n } = heard.rows[0];
    if (n >= published && rows.length === 0) return true;
    const first = rows.slice(0, 20).map(({ it }) => `\n  ${it}`);
    throw new Error(`${n} of ${published} events were heard, and ${rows.length} things are due:${first.join('')}`);
  }

  async next(): Promise<number> {
    const { rows } = await this.#sql.query(NEXT);
    return rows[0].at === null ? Infinity : rows[0].at.getTime();
  }

  async #findLost(at: Date): Promise<void> {
    const { rows } = await this.#sql.query(LEASES, [at]);
    for (const { lease } of rows) {
      const since = this.#seen.get(lease) ?? performance.now();
      this.#seen.set(lease, since);
      if (performance.now() - since > ATTEMPT_MS) this.#lost.add(lease);
    }
  }
}
