import { insertOutbox, outboxRows, wakeRelayAfterCommit } from '@missions/persistence/outbox/append.ts';
import { statement } from '@missions/persistence/statement.ts';
import type { Tx } from '@missions/persistence/transaction.ts';
import type { RecordedDecision } from '../domain/events.ts';
import { blockerColumns, eventColumns, list, setters, taskColumns } from './columns.ts';
import { itemRows, upsertItems } from './inbox-items.ts';
import { bytesAdded, countUse, useOf, useRows } from './quotas.ts';
import { joinedArrays, rowsOf } from './rows.ts';
import { mutableMission, mutableTask } from './save-mission.ts';
import { searchDocument } from './search.ts';

/** As `mission.save`, for several missions, of which nobody asks for the written rows. */
const save = statement(
  'mission.save_several',
  `with
   m as (update mission m set ${setters(mutableMission, 'x')}, bytes = m.bytes + x.bytes,
           search = case when x.unnest is null then m.search
                    else ${searchDocument('x.unnest', 'm.customer_id', 'm.user_id')} end
         from rows from (json_populate_recordset(null::mission, $1::json), unnest($6::text[])) x
         where m.id = x.id and m.customer_id = x.customer_id returning m.id),
   t as (insert into task (${list(taskColumns)})
         select ${list(taskColumns)} from json_populate_recordset(null::task, $2::json)
         on conflict (id) do update set ${setters(mutableTask, 'excluded')}
          where task.customer_id = excluded.customer_id),
   e as (insert into mission_event (${list(eventColumns)})
         select ${list(eventColumns)} from json_populate_recordset(null::mission_event, $3::json)),
   b as (insert into blocker (${list(blockerColumns)})
         select ${list(blockerColumns)} from json_populate_recordset(null::blocker, $4::json)
         on conflict (id) do update set resolved_at = excluded.resolved_at, resolution = excluded.resolution,
                                       asked = excluded.asked
          where blocker.customer_id = excluded.customer_id),
   o as (${insertOutbox('$5')}),${countUse('$8', false)},
   i as (${upsertItems('$7')})
   select count(*)::int as saved from m`,
);

/** JSON texts of arrays, but for the search text and what is used. */
type Texts = readonly [
  mission: string,
  tasks: string,
  history: string,
  blockers: string,
  outbox: string,
  search: string | null,
  items: string,
  use: ReturnType<typeof useOf>,
];

/**
 * Saves of a transaction that decides about several missions which it has locked. They gather, and go out in one
 * statement before anything else is asked of the transaction: whatever it reads, it sees them.
 */
export class MissionSaves {
  /** For everything that the transaction does but these saves. */
  readonly tx: Tx;
  readonly #tx: Tx;
  #waiting: Texts[] = [];

  constructor(tx: Tx) {
    this.#tx = tx;
    this.tx = {
      ...tx,
      run: async (statement, values) => {
        await this.flush();
        return await tx.run(statement, values);
      },
    };
  }

  /** Each mission once before anything else is read. Call it in the context of its cause, whose trace its events get. */
  add(recorded: RecordedDecision): void {
    const { mission, tasks, history, blockers, outbox, search } = rowsOf(recorded);
    const bytes = bytesAdded(recorded);
    this.#waiting.push([
      JSON.stringify([{ ...mission, bytes }]),
      JSON.stringify(tasks),
      JSON.stringify(history),
      JSON.stringify(blockers),
      outboxRows(outbox),
      search,
      itemRows(recorded.before, recorded.mission) ?? '[]',
      useOf(recorded, bytes),
    ]);
  }

  /** Call it at the end. */
  async flush(): Promise<void> {
    const waiting = this.#waiting;
    if (waiting.length === 0) return;
    this.#waiting = [];
    const all = (of: (texts: Texts) => string): string => joinedArrays(waiting.map(of));
    const [row] = await this.#tx.run<{ saved: number }>(save, [
      all(([mission]) => mission),
      all(([, tasks]) => tasks),
      all(([, , history]) => history),
      all(([, , , blockers]) => blockers),
      all(([, , , , outbox]) => outbox),
      waiting.map(([, , , , , search]) => search),
      all(([, , , , , , items]) => items),
      useRows(waiting.map(([, , , , , , , use]) => use)),
    ]);
    if (row?.saved !== waiting.length)
      throw new Error(
        `${waiting.length} missions were locked by this transaction, and ${row?.saved} of their rows found.`,
      );
    wakeRelayAfterCommit(this.#tx);
  }
}
