import type { Deed } from '@missions/contracts/audit.ts';
import { currentContext } from '@missions/runtime/context.ts';
import { newId } from '@missions/runtime/id.ts';
import type { Database } from '../database.ts';
import { statement } from '../statement.ts';
import { autocommit, type Tx } from '../transaction.ts';

/**
 * The record of who did what, in the service's own schema. Its table is made by the deployment's set-up and not by a
 * migration, because the service must not own it (deploy/postgres/audit.sql): the service's login may insert and select,
 * and nothing else. The time is the database's.
 */
const columns = `id, customer_id, actor, user_id, agent_id, key_id, operator, action, target_kind, target_id, mission_id,
  address, channel, result, code, request_id`;

/**
 * SQL that inserts deeds. For stores whose change is one statement: write
 * `with …, d as (${insertDeeds('$3')} where exists (select from change)) …` with `deedRows(deeds)` as that parameter.
 */
export const insertDeeds = (parameter: string): string => `
  insert into audit_entries (${columns})
  select ${columns}
    from json_to_recordset(${parameter}::json) as d(id uuid, customer_id text, actor text, user_id text, agent_id text,
         key_id text, operator text, action text, target_kind text, target_id text, mission_id text, address text,
         channel text, result text, code text, request_id text)`;

/** The parameter of `insertDeeds`: JSON text. */
export const deedRows = (deeds: readonly Deed[]): string =>
  JSON.stringify(
    deeds.map(({ by, target, ...deed }) => ({
      id: newId(),
      ...deed,
      ...by,
      target_kind: target.kind,
      target_id: target.id,
      request_id: currentContext()?.requestId,
    })),
  );

const find = statement('audit.find', `select to_regclass('audit_entries') is not null as found`);

/** @throws Error if the deployment has not made the table: every deed would be refused. */
export async function requireAuditRecord(db: Database): Promise<void> {
  const [row] = await autocommit(db).run<{ found: boolean }>(find);
  if (row?.found === true) return;
  throw new Error(
    `The schema ${db.schema} has no table audit_entries. It is made by the administrator of the database: run ` +
      'missions provision with ADMIN_DATABASE_URL (deploy/README.md).',
  );
}

const record = statement('audit.record', insertDeeds('$1'));

/** Records deeds in the transaction of the deeds. The one way to do it, but for stores that write by one statement. */
export async function recordDeeds(tx: Tx, deeds: readonly Deed[]): Promise<void> {
  if (deeds.length > 0) await tx.run(record, [deedRows(deeds)]);
}
