import { type AuditActor, byProduct } from '@missions/contracts/audit.ts';
import { recordDeeds } from '@missions/persistence/audit/record.ts';
import { statement } from '@missions/persistence/statement.ts';
import type { Tx } from '@missions/persistence/transaction.ts';

/**
 * Whose autonomous runs an operator, or the user, has stopped. Every statement that dispatches, claims, extends or pushes runs reads
 * this table itself. No process caches it, so a switch takes effect at once in all replicas, and survives a restart.
 */
export const killScopes = ['all', 'customer', 'user', 'mission'] as const;

export type KillTarget =
  | { readonly scope: 'all' }
  | { readonly scope: 'customer'; readonly customer_id: string }
  | { readonly scope: 'user'; readonly customer_id: string; readonly user_id: string }
  | { readonly scope: 'mission'; readonly mission_id: string };

/** Whose missions they are. */
export interface Owner {
  readonly customer_id: string;
  readonly user_id: string;
}

export interface KillSwitch {
  /** `own`: the user's own. */
  readonly scope: KillTarget['scope'] | 'own';
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
     or (k.scope in ('user', 'own') and k.customer_id = ${row}.customer_id and k.user_id = ${row}.user_id)
     or (k.scope = 'user' and k.customer_id = '' and k.id = ${row}.customer_id || '/' || ${row}.user_id)
     or (k.scope = 'mission' and k.id = ${row}.mission_id::text))`;

/** SQL: by whom a row that is `killed` is stopped, as the reason of its `LEASE_LOST`; an operator's switch comes first. */
export const stoppedBy = (row: string): string => `case when exists (select from kill_switch k where k.scope = 'own'
    and k.customer_id = ${row}.customer_id and k.user_id = ${row}.user_id)
  and not exists (select from kill_switch k where k.scope = 'all'
     or (k.scope = 'customer' and k.id = ${row}.customer_id)
     or (k.scope = 'user' and k.id = ${row}.customer_id || '/' || ${row}.user_id)
     or (k.scope = 'mission' and k.id = ${row}.mission_id::text)) then 'stopped' else 'switched_off' end`;

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

/** Answers false if it was in that position already; then nothing is changed or recorded. */
export async function setOwnStop(tx: Tx, owner: Owner, on: boolean, by: AuditActor): Promise<boolean> {
  const row = ['own', `${owner.customer_id}/${owner.user_id}`, owner.customer_id, owner.user_id];
  const changed = on ? await tx.run(turnOn, [...row, '', '']) : await tx.run(turnOff, row);
  if (changed.length === 0) return false;
  await recordDeeds(tx, [
    {
      customer_id: owner.customer_id,
      by,
      action: on ? 'work.stopped' : 'work.resumed',
      target: { kind: 'user', id: owner.user_id },
      mission_id: null,
      result: 'done',
    },
  ]);
  return true;
}

const since = statement(
  'scheduler.stopped_since',
  `select iso(set_at) as since from kill_switch where scope = 'own' and customer_id = $1 and user_id = $2`,
);

/** Since when the user has stopped all work for them; undefined if they have not. */
export async function stoppedSince(tx: Tx, { customer_id, user_id }: Owner): Promise<string | undefined> {
  return (await tx.run<{ since: string }>(since, [customer_id, user_id]))[0]?.since;
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
