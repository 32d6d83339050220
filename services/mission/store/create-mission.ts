import { type AskedInputRequest, askedRepresentation } from '@missions/contracts/approval/input-request.ts';
import type { Deed } from '@missions/contracts/audit.ts';
import type { Idempotency } from '@missions/contracts/request.ts';
import { deedRows, insertDeeds } from '@missions/persistence/audit/record.ts';
import type { Database } from '@missions/persistence/database.ts';
import { quotaProblem } from '@missions/persistence/error-mapping.ts';
import { GroupCommit } from '@missions/persistence/group-commit.ts';
import { idempotencyValues, type StoredResult } from '@missions/persistence/idempotency.ts';
import { wakeRelayAfterCommit, insertOutbox, outboxRows } from '@missions/persistence/outbox/append.ts';
import { statement } from '@missions/persistence/statement.ts';
import { autocommit, type Tx } from '@missions/persistence/transaction.ts';
import type { RecordedDecision } from '../domain/events.ts';
import {
  blockerColumns,
  eventColumns,
  list,
  missionColumns,
  RECENT_EVENTS,
  shownBlocker,
  shownEvent,
  shownMission,
  shownTask,
  taskColumns,
} from './columns.ts';
import { bytesAdded, countUse, useOf, useRows } from './quotas.ts';
import { joinedArrays, type Rows, rowsOf } from './rows.ts';
import { searchDocument } from './search.ts';

const inserted = (table: string, columns: readonly string[], parameter: string): string =>
  `insert into ${table} (${list(columns)})
   select ${list(columns)} from json_populate_recordset(null::${table}, ${parameter}::json)`;

/**
 * Missions with their tasks, waits, history, outbox, deeds and idempotency keys in one statement: one round trip and one
 * commit for all missions that are created at the same time. A plain insert of the keys is their guard: a key that was
 * used meanwhile fails the whole statement.
 *
 * Processor time of PostgreSQL per creation with one, four and sixteen to a statement, means of two runs: JSON (as
 * here) 0.50, 0.26 and 0.16 ms; arrays through `unnest` 0.85, 0.30 and 0.18, and half as much again in Node; a
 * parameter for each value 0.36, 0.20 and 0.14, but one text for each number of rows. `jsonb` and the reply built in
 * SQL, one at a time, took 0.79.
 */
const create = statement(
  'mission.create',
  `with
   m as (insert into mission (${list(missionColumns)}, bytes, search)
         select ${list(missionColumns, 'x')}, x.bytes, ${searchDocument('x.unnest', 'x.customer_id', 'x.user_id')}
         from rows from (json_populate_recordset(null::mission, $1::json), unnest($7::text[])) x),
   t as (${inserted('task', taskColumns, '$2')}),
   e as (${inserted('mission_event', eventColumns, '$3')}),
   b as (${inserted('blocker', blockerColumns, '$4')}),
   o as (${insertOutbox('$5')}),
   d as (${insertDeeds('$8')}),${countUse('$9', true)}
   insert into idempotency (scope_hash, key, hash, answer, version, mission_id, customer_id, user_id)
   select k.scope_hash, k.key, k.hash, k.answer, 1, k.mission_id, k.customer_id, k.user_id
     from json_to_recordset($6::json) as k(scope_hash text, key text, hash text, answer text, mission_id text,
          customer_id text, user_id text)`,
);

/** What is stored beside a new mission. */
interface Beside {
  readonly idempotency: Idempotency | undefined;
  readonly deeds: readonly Deed[];
}

/** A creation as the statement takes it. Each member but the last four is the JSON text of an array of rows. */
interface Creation {
  readonly mission: string;
  readonly tasks: string;
  readonly history: string;
  readonly blockers: string;
  readonly outbox: string;
  readonly keys: string;
  readonly deeds: string;
  readonly search: string;
  /** Names the idempotency key within its scope; undefined without a key. */
  readonly keyed: string | undefined;
  readonly use: ReturnType<typeof useOf>;
  readonly result: StoredResult;
}

/** To be called in the context of the request, whose trace is stored with the events. */
function creationOf(recorded: RecordedDecision, { idempotency, deeds }: Beside): Creation {
  const rows = rowsOf(recorded);
  const body = JSON.stringify(creationDetail(rows));
  const [scope_hash, key, hash] = idempotencyValues(idempotency);
  const { id: mission_id, customer_id, user_id } = rows.mission as Row;
  const bytes = bytesAdded(recorded);
  return {
    mission: JSON.stringify([{ ...rows.mission, bytes }]),
    tasks: JSON.stringify(rows.tasks),
    history: JSON.stringify(rows.history),
    blockers: JSON.stringify(rows.blockers),
    outbox: outboxRows(rows.outbox),
    keys:
      scope_hash === null
        ? '[]'
        : JSON.stringify([{ scope_hash, key, hash, answer: body, mission_id, customer_id, user_id }]),
    deeds: deedRows(deeds),
    search: rows.search ?? '',
    keyed: scope_hash === null ? undefined : `${scope_hash} ${key}`,
    use: useOf(recorded, bytes),
    result: { body, version: 1 },
  };
}

/**
 * Creations that come at the same time share one statement and one commit. For a creation that needs no transaction of
 * its own: nothing is locked or read with it.
 */
export class CreationGroup {
  readonly #db: Database;
  readonly #group: GroupCommit<Creation>;
  /** Customers at a quota: their creations go alone, so that they do not fail those of others. */
  readonly #full = new Set<string>();

  constructor(db: Database) {
    this.#db = db;
    this.#group = new GroupCommit<Creation>({
      write: (creations) => insertAll(autocommit(db), creations),
      name: ({ keyed }) => keyed,
      weight: ({ mission, tasks, history, outbox, keys }) =>
        mission.length + tasks.length + history.length + outbox.length + keys.length,
    });
  }

  /** Resolves when the creation is committed. @throws as `insertMission` does. */
  async insert(recorded: RecordedDecision, beside: Beside): Promise<StoredResult> {
    const creation = creationOf(recorded, beside);
    const { customer_id } = creation.use;
    try {
      if (this.#full.has(customer_id)) await insertAll(autocommit(this.#db), [creation]);
      else await this.#group.commit(creation);
      this.#full.delete(customer_id);
    } catch (error) {
      if (quotaProblem(error)) this.#full.add(customer_id);
      throw error;
    }
    return creation.result;
  }
}

/**
 * Stores a new mission, and under the idempotency key, if there is one, the reply.
 * @throws a unique violation if the key was used meanwhile: see `replay`.
 */
export async function insertMission(tx: Tx, recorded: RecordedDecision, beside: Beside): Promise<StoredResult> {
  const creation = creationOf(recorded, beside);
  await insertAll(tx, [creation]);
  return creation.result;
}

/** Inserts all of the creations, or none. */
async function insertAll(tx: Tx, creations: readonly Creation[]): Promise<void> {
  wakeRelayAfterCommit(tx);
  await tx.run(create, [
    joinedArrays(creations.map(({ mission }) => mission)),
    joinedArrays(creations.map(({ tasks }) => tasks)),
    joinedArrays(creations.map(({ history }) => history)),
    joinedArrays(creations.map(({ blockers }) => blockers)),
    joinedArrays(creations.map(({ outbox }) => outbox)),
    joinedArrays(creations.map(({ keys }) => keys)),
    creations.map(({ search }) => search),
    joinedArrays(creations.map(({ deeds }) => deeds)),
    useRows(creations.map(({ use }) => use)),
  ]);
}

type Row = Readonly<Record<string, unknown>>;

/**
 * A new mission as `detailJson` shows it once it is stored. It is made here a second time, because the creating
 * statement cannot read the rows that it inserts: reading them with a second statement costs a round trip, and
 * returning them from this one doubled its cost in PostgreSQL. Members and order come from the same lists as the SQL;
 * `create-mission.spec.ts` compares the two results.
 */
function creationDetail({ mission, tasks, history, blockers, outbox }: Rows): object {
  return {
    ...pick(mission as Row, shownMission),
    // The domain sorts tasks by `order`, blockers by age and the history by sequence.
    tasks: tasks.map((task) => pick(task as Row, shownTask)),
    recent_events: history
      .slice(-RECENT_EVENTS)
      .toReversed()
      .map((entry) => pick(entry as unknown as Row, shownEvent)),
    blockers: (blockers as readonly Row[])
      .filter(({ resolved_at }) => resolved_at === null)
      .map((blocker) => Object.fromEntries(shownBlocker.map(([member, column]) => [member, blocker[column]]))),
    // Those that this creation asked, as the approval service will show them.
    input_requests: outbox.flatMap(({ data }) => {
      const asked = data['question'] as AskedInputRequest | undefined;
      return asked ? [askedRepresentation(asked)] : [];
    }),
  };
}

function pick(row: Row, columns: readonly string[]): Row {
  const shown: Record<string, unknown> = {};
  for (const column of columns) shown[column] = row[column];
  return shown;
}
