import { type IntendedDeed, recordedRefusals } from '@missions/contracts/audit.ts';
import { Problem } from '@missions/contracts/errors.ts';
import { counter } from '@missions/runtime/metrics.ts';
import type { Database } from '../database.ts';
import { autocommit } from '../transaction.ts';
import { recordDeeds } from './record.ts';

/**
 * Bounds, so that a flood of refused calls cannot fill the disk: in each process at most so many entries an hour of one
 * source (a credential; an address, where the credential is not known), and so many a day of all of them. An entry and
 * its indexes take about 600 bytes: some 6 MB a day and process at the very most. What is left out is counted.
 */
const PER_SOURCE_AND_HOUR = 20;
const PER_DAY = 10_000;
const MAX_SOURCES = 10_000;
const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

const leftOut = counter('missions_audit_refusals_left_out_total', 'Refused deeds beyond the bounds of the record', []);

/** Counts in windows of a fixed length. */
export class RefusalBudget {
  readonly #now: () => number;
  #day = { ends: 0, used: 0 };
  readonly #sources = new Map<string, { readonly ends: number; used: number }>();

  constructor(now: () => number = () => performance.now()) {
    this.#now = now;
  }

  take(source: string): boolean {
    const now = this.#now();
    if (this.#day.ends <= now) this.#day = { ends: now + DAY_MS, used: 0 };
    let window = this.#sources.get(source);
    if (!window || window.ends <= now) {
      this.#sources.delete(source);
      // The source whose hour began first makes room.
      const [oldest] = this.#sources.keys();
      if (this.#sources.size >= MAX_SOURCES && oldest !== undefined) this.#sources.delete(oldest);
      window = { ends: now + HOUR_MS, used: 0 };
      this.#sources.set(source, window);
    }
    if (window.used >= PER_SOURCE_AND_HOUR || this.#day.used >= PER_DAY) return false;
    window.used += 1;
    this.#day.used += 1;
    return true;
  }
}

const budgets = new WeakMap<Database, RefusalBudget>();

/**
 * Records a deed that was refused with `error`, if that is a refusal worth recording. The deed has no transaction, so
 * the entry has one of its own. Never throws: the caller is refused whether or not it could be recorded.
 */
export async function recordRefusal(db: Database, deeds: readonly IntendedDeed[], error: unknown): Promise<void> {
  if (!(error instanceof Problem) || !recordedRefusals.includes(error.code)) return;
  const { code } = error;
  const budget = budgets.get(db) ?? new RefusalBudget();
  budgets.set(db, budget);
  const recorded = deeds.filter(({ customer_id, by }) => {
    const { user_id, agent_id, key_id, address } = by;
    const source = by.actor === 'unknown' ? { address } : { customer_id, user_id, agent_id, key_id };
    return budget.take(JSON.stringify(source));
  });
  leftOut.inc({}, deeds.length - recorded.length);
  try {
    await recordDeeds(
      autocommit(db),
      recorded.map((deed) => ({ ...deed, result: 'refused', code })),
    );
  } catch (failure) {
    db.options.logger.error({ err: failure, code }, 'a refused deed could not be recorded');
  }
}
