import { missionErased } from '@missions/contracts/mission/changes.ts';

/**
 * What a service holds of customers and their users, table by table, in the order of its deletion. One declaration for
 * the erasure and the export, so that neither can forget what the other knows; a test compares it with the tables that
 * exist (`test/e2e/owners.spec.ts`).
 */
export interface Holding {
  readonly table: string;
  /**
   * SQL condition of an owner's rows; `$1` is the customer, `$2` the user, or null for the whole customer. Default: by
   * `customer_id` and `user_id`.
   */
  readonly rows?: string;
  /**
   * `mission`: with the missions, which are erased before. `keep`: see `why`. Or SQL with `$1` and `$2`. Default: the
   * rows are deleted.
   */
  readonly erase?: 'mission' | 'keep' | { readonly sql: string };
  /** Columns that an export leaves out, such as secrets; `all`: it shows no row. */
  readonly hidden?: readonly string[] | 'all';
  /** What is hidden or kept, and why, for the operator. */
  readonly why?: string;
}

export interface ServiceHoldings {
  /** Of PostgreSQL, and the name of the service with `_` for `-`. */
  readonly schema: string;
  /** SQL: ids of missions of `$1` and `$2`, at most 100, as `mission_id`. */
  readonly missions?: string;
  readonly tables: readonly Holding[];
}

export const OWNED = '(customer_id = $1 and ($2::text is null or user_id = $2))';
export const OF_CUSTOMER = '(customer_id = $1 and $2::text is null)';

/** Rows that belong to the owner's rows of another table. */
export const inOwned = (column: string, table: string, key = 'id'): string =>
  `(customer_id = $1 and ${column} in (select ${key} from ${table} where ${OWNED}))`;

export const conditionOf = ({ rows = OWNED }: Pick<Holding, 'rows'>): string => rows;

/** Tables of every service that has an outbox. */
export const messagingHoldings: readonly Holding[] = [
  {
    table: 'idempotency',
    rows: `(customer_id = $1 and ($2::text is null or user_id = $2
      or (user_id is null and position(to_json($2::text)::text in answer) > 0)))`,
    hidden: 'all',
    why: 'answers for repeated calls, kept for a day: they repeat what the other tables say',
  },
  {
    table: 'outbox',
    rows: `(${OWNED} and type <> '${missionErased}')`,
    hidden: 'all',
    why: 'events that repeat what the other tables say',
  },
];

/** The ids of erased missions, which must not come back. */
export const tombstoneHolding: Holding = {
  table: 'erased_mission',
  rows: OF_CUSTOMER,
  erase: { sql: "update erased_mission set customer_id = '' where customer_id = $1 and $2::text is null" },
  hidden: 'all',
  why: 'ids of missions that are gone',
};
