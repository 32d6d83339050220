import { defineEntity, p } from '@mikro-orm/core';
import { statement } from './statement.ts';
import type { Tx } from './transaction.ts';

/** All that is left of a mission that was erased, in every service that had something of it: so that nothing late brings it back. */
const ErasedMissionSchema = defineEntity({
  name: 'ErasedMission',
  tableName: 'erased_mission',
  properties: { id: p.uuid().primary(), customer_id: p.text(), erased_at: p.datetime(3) },
});
export class ErasedMissionEntity extends ErasedMissionSchema.class {}
ErasedMissionSchema.setClass(ErasedMissionEntity);

/**
 * Who brings something of a mission holds it shared, the erasure alone, to the end of their transactions: else something could come between the
 * look for the tombstone and the deletion. In one order, so that two of the former do not wait for each other.
 */
const alone = statement('mission.lock', 'select pg_advisory_xact_lock(hashtextextended($1, 0))');
const shared = statement(
  'mission.lock_shared',
  'select pg_advisory_xact_lock_shared(key) from (select distinct hashtextextended(lower(id), 0) as key from unnest($1::text[]) as id order by 1) keys',
);
const find = statement('mission.erased_among', 'select id from erased_mission where id = any($1::uuid[])');
const bury = statement(
  'mission.bury',
  'insert into erased_mission (id, customer_id, erased_at) values ($1, $2, $3) on conflict do nothing',
);

/** Which of these missions were erased; until the transaction ends no other of them will be. */
export async function erasedAmong(tx: Tx, missionIds: readonly string[]): Promise<Set<string>> {
  await tx.run(shared, [missionIds]);
  return new Set((await tx.run<{ id: string }>(find, [missionIds])).map((row) => row.id));
}

/** Leaves the tombstone. What there is of the mission is deleted after it, in the same transaction. */
export async function addTombstone(tx: Tx, customerId: string, missionId: string, at: string): Promise<void> {
  await tx.run(alone, [missionId.toLowerCase()]);
  await tx.run(bury, [missionId, customerId, at]);
}
