import { statement } from '@missions/persistence/statement.ts';
import type { Tx } from '@missions/persistence/transaction.ts';

/**
 * Whose autonomous runs an operator has stopped. Every statement that dispatches, claims or pushes runs reads this
 * table itself. No process caches it, so a switch takes effect at once in all replicas, and survives a restart.
 */
export const killScopes = ['all', 'customer', 'user', 'mission'] as const;
export type KillScope = (typeof killScopes)[number];

export interface KillSwitch {
  readonly scope: KillScope;
  /** By scope: '' (all), the customer's id, `<customer id>/<user id>`, the mission's id. */
  readonly id: string;
  readonly set_at: string;
}

/**
 * SQL condition: no switch stops the row with that alias, which has the columns customer_id, user_id and mission_id.
 */
export const notKilled = (row: string): string => `not exists (select from kill_switch k
  where k.scope = 'all'
     or (k.scope = 'customer' and k.id = ${row}.customer_id)
     or (k.scope = 'user' and k.id = ${row}.customer_id || '/' || ${row}.user_id)
     or (k.scope = 'mission' and k.id = ${row}.mission_id::text))`;

const turnOn = statement(
  'scheduler.kill_on',
  'insert into kill_switch (scope, id) values ($1, $2) on conflict do nothing returning 1',
);
const turnOff = statement('scheduler.kill_off', 'delete from kill_switch where scope = $1 and id = $2 returning 1');
const list = statement(
  'scheduler.kill_list',
  'select scope, id, iso(set_at) as set_at from kill_switch order by scope, id',
);

/** Answers false if the switch was in that position already. The scope `all` has no id; the argument is ignored. */
export async function setKillSwitch(tx: Tx, scope: KillScope, id: string, on: boolean): Promise<boolean> {
  return (await tx.run(on ? turnOn : turnOff, [scope, scope === 'all' ? '' : id])).length > 0;
}

export const listKillSwitches = (tx: Tx): Promise<KillSwitch[]> => tx.run<KillSwitch>(list);
