import { type AuditActor, byProduct } from '@missions/contracts/audit.ts';
import { recordDeeds } from '@missions/persistence/audit/record.ts';
import { statement } from '@missions/persistence/statement.ts';
import type { Tx } from '@missions/persistence/transaction.ts';

/**
 * Whose autonomous runs an operator has stopped. Every statement that dispatches, claims, extends or pushes runs reads
 * this table itself. No process caches it, so a switch takes effect at once in all replicas, and survives a restart.
 */
export const killScopes = ['all', 'customer', 'user', 'mission'] as const;

export type KillTarget =
  | { readonly scope: 'all' }
  | { readonly scope: 'customer'; readonly customer_id: string }
  | { readonly scope: 'user'; readonly customer_id: string; readonly user_id: string }
  | { readonly scope: 'mission'; readonly mission_id: string };

export interface KillSwitch {
  readonly scope: KillTarget['scope'];
  /**
   * By scope: '' (all), the customer's id, `<customer id>/<user id>`, the mission's id. Only for the eye where it is of
   * a user: the next two members say which.
   */
  readonly id: string;
  /** Of a user's switch; empty in a row of an older version that may mean several users. */
  readonly customer_id: string;
  readonly user_id: string;
  readonly set_at: string;
  /** Empty if not known. */
  readonly set_by: string;
  readonly reason: string;
}

/**
 * SQL condition: a switch stops the row with that alias, which has the columns customer_id, user_id and mission_id.
 */
export const killed = (row: string): string => `exists (select from kill_switch k
  where k.scope = 'all'
     or (k.scope = 'customer' and k.id = ${row}.customer_id)
     or (k.scope = 'user' and k.customer_id = ${row}.customer_id and k.user_id = ${row}.user_id)
     or (k.scope = 'user' and k.customer_id = '' and k.id = ${row}.customer_id || '/' || ${row}.user_id)
     or (k.scope = 'mission' and k.id = ${row}.mission_id::text))`;

export const notKilled = (row: string): string => `not ${killed(row)}`;

const target = `(select $1::text as customer_id, $2::text as user_id, $3::uuid as mission_id) t`;
const ask = statement('scheduler.kill_ask', `select ${killed('t')} as killed from ${target}`);

/** Whether a switch stops this mission. */
export async function isKilled(tx: Tx, customerId: string, userId: string, missionId: string): Promise<boolean> {
  const [row] = await tx.run<{ killed: boolean }>(ask, [customerId, userId, missionId]);
  return row?.killed === true;
}

const turnOn = statement(
  'scheduler.kill_on',
  `insert into kill_switch (scope, id, customer_id, user_id, set_by, reason) values ($1, $2, $3, $4, $5, $6)
   on conflict do nothing returning 1`,
);
const turnOff = statement(
  'scheduler.kill_off',
  `delete from kill_switch
    where scope = $1 and id = $2 and (customer_id, user_id) in (($3, $4), ('', '')) returning 1`,
);
const list = statement(
  'scheduler.kill_list',
  `select scope, id, customer_id, user_id, iso(set_at) as set_at, set_by, reason from kill_switch
    order by scope, id, customer_id, user_id`,
);

interface Switching {
  readonly by?: AuditActor;
  /** Why it is turned on. It is gone when the switch is turned off, and is in no record. */
  readonly reason?: string;
}

/** Answers false if the switch was in that position already; then nothing is changed or recorded. */
export async function setKillSwitch(
  tx: Tx,
  target: KillTarget,
  on: boolean,
  { by = byProduct, reason = '' }: Switching = {},
): Promise<boolean> {
  const [id, customer_id] = keyOf(target);
  const row = [target.scope, ...keyOf(target)];
  const changed = on ? await tx.run(turnOn, [...row, by.operator ?? '', reason]) : await tx.run(turnOff, row);
  if (changed.length === 0) return false;
  await recordDeeds(tx, [
    {
      customer_id: target.scope === 'customer' ? id : customer_id,
      by,
      action: on ? 'kill_switch.set' : 'kill_switch.lifted',
      target: { kind: 'kill_switch', id: id === '' ? target.scope : `${target.scope}:${id}` },
      mission_id: target.scope === 'mission' ? id : null,
      result: 'done',
    },
  ]);
  return true;
}

function keyOf(target: KillTarget): [id: string, customerId: string, userId: string] {
  switch (target.scope) {
    case 'all':
      return ['', '', ''];
    case 'customer':
      return [target.customer_id, '', ''];
    case 'user':
      return [`${target.customer_id}/${target.user_id}`, target.customer_id, target.user_id];
    case 'mission':
      return [target.mission_id, '', ''];
    default:
      return target satisfies never;
  }
}

export const listKillSwitches = (tx: Tx): Promise<KillSwitch[]> => tx.run<KillSwitch>(list);
