import { byOperator } from '@missions/contracts/audit.ts';
import { standaloneTransaction } from '../standalone-transaction.ts';
import { statement } from '../statement.ts';
import { recordDeeds } from './record.ts';

const BATCH = 10_000;

/** By the administrator's clock no entry younger than 30 days is deleted: the table's own trigger refuses it. */
const purge = statement(
  'audit.purge',
  `delete from audit_entries where id in (
     select id from audit_entries where at < now() - make_interval(days => $1) order by at, id limit ${BATCH})
   returning 1`,
);

/**
 * Deletes the entries of a service that are older than so many days, and records that.
 * @param url of the administrator, who owns the table: a service's role may not delete.
 */
export async function purgeAuditEntries(
  { url, service }: { readonly url: string; readonly service: string },
  { days, operator }: { readonly days: number; readonly operator: string },
): Promise<number> {
  const schema = service.replaceAll('-', '_');
  for (let purged = 0; ;) {
    const gone = await standaloneTransaction({ url, schema }, async (tx) => {
      const deleted = (await tx.run(purge, [days])).length;
      if (deleted === 0) return 0;
      const target = { kind: 'audit', id: service } as const;
      const deed = { customer_id: '', by: byOperator(operator), action: 'audit.purged', target } as const;
      await recordDeeds(tx, [{ ...deed, mission_id: null, result: 'done' }]);
      return deleted;
    });
    purged += gone;
    if (gone < BATCH) return purged;
  }
}
