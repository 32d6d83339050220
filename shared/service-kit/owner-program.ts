import { byOperator, type IntendedDeed } from '@missions/contracts/audit.ts';
import { recordDeeds } from '@missions/persistence/audit/record.ts';
import { closeOwner, type DataOwner, readmitOwner } from '@missions/persistence/holdings/closed-owners.ts';
import { countHoldings, eraseHoldings, eraseMissionsOf } from '@missions/persistence/holdings/erase-holdings.ts';
import { exportHoldings } from '@missions/persistence/holdings/export-holdings.ts';
import type { ServiceHoldings } from '@missions/persistence/holdings/holdings.ts';
import { standaloneTransaction } from '@missions/persistence/standalone-transaction.ts';
import type { Tx } from '@missions/persistence/transaction.ts';
import { AdminFailure, runAdminProgram, UsageError } from '@missions/runtime/admin-program.ts';
import { systemClock } from '@missions/runtime/clock.ts';
import { adminConfig, operatorName } from './config.ts';

/** What the erasure of an owner does in one service beside its tables. */
export interface OwnerErasure {
  readonly holdings: ServiceHoldings;
  /** @returns the number of rows */
  readonly eraseMission?: (tx: Tx, customerId: string, missionId: string) => Promise<number>;
  /** Whether the deed is recorded here. */
  readonly records?: boolean;
  /** Before the tables. @returns the number of rows */
  readonly eraseBeside?: (tx: Tx, owner: DataOwner) => Promise<number>;
  /** What is still under way; looked at until it is 0. The message says what to do. */
  readonly underWay?: { readonly count: (tx: Tx, owner: DataOwner) => Promise<number>; readonly message: string };
}

const USAGE = 'Say count, close, erase, readmit, export or record, with --customer <id> and, of a user, --user <id>.';
const SETTLED_WITHIN_MS = 10_000;
const LOOK_EVERY_MS = 200;
const options = { customer: { type: 'string' }, user: { type: 'string' } } as const;

/**
 * The program `owner.ts` of a service: closes, erases, verifies, exports or readmits what the service holds of a
 * customer or a user (decision 0038). Every verb may be repeated.
 */
export async function runOwnerProgram(erasure: OwnerErasure): Promise<void> {
  const [verb] = process.argv.slice(2);
  await runAdminProgram(options, async ({ values: { customer, user }, positionals: [, result] }) => {
    if (!customer || user === '') throw new UsageError(USAGE);
    const owner: DataOwner = { customer_id: customer, user_id: user ?? null };
    const within = { url: adminConfig().databaseUrl, holdings: erasure.holdings };
    const database = { url: within.url, schema: erasure.holdings.schema };
    switch (verb) {
      case 'close':
        if (erasure.records) await record(database, owner, 'attempted');
        await closeOwner(database, owner);
        return { closed: true };
      case 'readmit':
        return { readmitted: await readmitOwner(database, owner) };
      case 'erase':
        return await erase(erasure, within, owner);
      case 'count':
        return { held: await countHoldings(within, owner) };
      case 'record':
        await record(database, owner, resultOf(result));
        return {};
      case 'export':
        return await print(within, owner);
      default:
        throw new UsageError(USAGE);
    }
  });
}

/** @throws AdminFailure if something is left, with what was done. */
async function erase(
  { holdings, eraseMission, eraseBeside, underWay }: OwnerErasure,
  within: { url: string; holdings: ServiceHoldings },
  owner: DataOwner,
): Promise<{ rows: number }> {
  const transaction = <T>(fn: (tx: Tx) => Promise<T>) =>
    standaloneTransaction({ url: within.url, schema: holdings.schema }, fn);
  let rows = 0;
  if (eraseMission) rows += await eraseMissionsOf(within, owner, (tx, id) => eraseMission(tx, owner.customer_id, id));
  if (eraseBeside) rows += await transaction((tx) => eraseBeside(tx, owner));
  rows += await eraseHoldings(within, owner);
  const left = underWay
    ? await settled(
        () => transaction((tx) => underWay.count(tx, owner)),
        (n) => n === 0,
      )
    : 0;
  if (left > 0) throw new AdminFailure(underWay?.message ?? '', { rows });
  // Events that were in hand may have brought rows; their mission is erased here as soon as its own event is handled.
  const held = await settled(
    () => countHoldings(within, owner),
    (tables) => tables.length === 0,
  );
  if (held.length === 0) return { rows };
  const tables = held.map((one) => `${one.rows} in ${one.table}`).join(', ');
  throw new AdminFailure(`Rows are left: ${tables}. Call this again.`, { rows });
}

async function settled<T>(look: () => Promise<T>, isDone: (seen: T) => boolean): Promise<T> {
  for (let waited = 0; ; waited += LOOK_EVERY_MS) {
    const seen = await look();
    if (isDone(seen) || waited >= SETTLED_WITHIN_MS) return seen;
    await systemClock.sleep(LOOK_EVERY_MS);
  }
}

const record = (
  database: { url: string; schema: string },
  owner: DataOwner,
  result: 'attempted' | 'done' | 'failed',
): Promise<void> => standaloneTransaction(database, (tx) => recordDeeds(tx, [{ ...deedOf(owner), result }]));

function deedOf({ customer_id, user_id }: DataOwner): IntendedDeed {
  const by = byOperator(operatorName());
  const of = { customer_id, by, mission_id: null };
  return user_id === null
    ? { ...of, action: 'customer.erased', target: { kind: 'customer', id: customer_id } }
    : { ...of, action: 'user.erased', target: { kind: 'user', id: user_id } };
}

function resultOf(text: string | undefined): 'attempted' | 'done' | 'failed' {
  if (text === 'attempted' || text === 'done' || text === 'failed') return text;
  throw new UsageError('record attempted, done or failed.');
}

/** One line of JSON for each row; the program's own document, the last line, counts them. */
async function print(within: { url: string; holdings: ServiceHoldings }, owner: DataOwner) {
  let rows = 0;
  for await (const line of exportHoldings(within, owner)) {
    if (line.row) rows += 1;
    // The reader is slower than the database: what it has not taken stays there.
    if (!process.stdout.write(`${JSON.stringify(line)}\n`))
      await new Promise<void>((resolve) => process.stdout.once('drain', resolve));
  }
  return { service: within.holdings.schema.replaceAll('_', '-'), exported: rows };
}
