import { defineEntity, p } from '@mikro-orm/core';
import { statement } from './statement.ts';
import type { Tx } from './transaction.ts';

/**
 * A tombstone stays of an erased mission in every service that had data of it, so that a late event cannot bring the
 * data back.
 */
const ErasedMissionSchema = defineEntity({
  name: 'ErasedMission',
  tableName: 'erased_mission',
  properties: { id: p.uuid().primary(), customer_id: p.text(), erased_at: p.datetime(3) },
});
export class ErasedMissionEntity extends ErasedMissionSchema.class {}
ErasedMissionSchema.setClass(ErasedMissionEntity);

/**
 * A writer of a mission's data holds the mission's lock shared, its erasure exclusively, both to the end of their
 * transactions: otherwise a writer could find no tombstone and write after the deletion. Shared locks are taken in the
 * order of their keys, so that two writers and an erasure cannot deadlock.
 */
const lock = statement('mission.lock', 'select pg_advisory_xact_lock(hashtextextended($1, 0))');
const lockShared = statement(
  'mission.lock_shared',
  `select pg_advisory_xact_lock_shared(key)
     from (select distinct hashtextextended(lower(id), 0) as key from unnest($1::text[]) as id order by 1) keys`,
);
const findErased = statement('mission.erased_among', 'select id from erased_mission where id = any($1::uuid[])');
const insert = statement(
  'mission.bury',
  'insert into erased_mission (id, customer_id, erased_at) values ($1, $2, $3) on conflict do nothing',
);

const lockAll = statement(
  'mission.lock_all',
  `select pg_advisory_xact_lock(key)
     from (select distinct hashtextextended(lower(id), 0) as key from unnest($1::text[]) as id order by 1) keys`,
);
/** Before several missions are erased in one transaction: in the order of the keys, as their writers do. */
export const lockToErase = (tx: Tx, missionIds: readonly string[]): Promise<unknown> => tx.run(lockAll, [missionIds]);

/** The ids among `missionIds` of erased missions. No other of these missions is erased until the transaction ends. */
export async function erasedAmong(tx: Tx, missionIds: readonly string[]): Promise<Set<string>> {
  await tx.run(lockShared, [missionIds]);
  return new Set((await tx.run<{ id: string }>(findErased, [missionIds])).map((row) => row.id));
}

/** Inserts the tombstone. Delete the mission's data afterwards, in the same transaction. */
export async function addTombstone(tx: Tx, customerId: string, missionId: string, at: string): Promise<void> {
  await tx.run(lock, [missionId.toLowerCase()]);
  await tx.run(insert, [missionId, customerId, at]);
}
