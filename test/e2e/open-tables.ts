import { asAdministrator } from './held-rows.ts';

/**
 * Tables with a customer or a user that need no trigger `closed_owner`, and why. A name without a schema stands for the
 * table of every service.
 */
const needNone: Readonly<Record<string, string>> = {
  audit_entries: 'the record of deeds stays for its time, whoever is erased',
  erased_mission: 'ids of what is gone: they keep late events out',
  idempotency: 'written with the rows of a call, in its transaction; ends after a day',
  outbox: 'written with the rows that an event tells of, in their transaction',
  'approval.input_request': 'comes by an event of its mission, and goes with it: the tombstone keeps it out then',
  'scheduler.watched_mission': 'comes by an event of its mission, and becomes its tombstone',
  'scheduler.run': 'of a watched mission, and goes with it',
  'scheduler.run_usage': 'of a watched mission, and goes with it',
  'scheduler.timer': 'asked for by an event of its mission, and goes with it',
};

/**
 * Every table of every service with a column for a customer or a user, by what the database's catalogue says: which are
 * closed, which are not and should be, and which reasons are of no table. A row that hangs on another one by a foreign
 * key cannot come without it.
 */
export const openTables = (url: string) =>
  asAdministrator(url, async (client) => {
    const { rows } = await client.query<{ name: string; closed: boolean; hangs: boolean }>(
      `select n.nspname || '.' || c.relname as name,
              exists (select from pg_trigger t where t.tgrelid = c.oid and t.tgname like 'closed_owner%') as closed,
              exists (select from pg_constraint k where k.conrelid = c.oid and k.contype = 'f') as hangs
         from pg_class c join pg_namespace n on n.oid = c.relnamespace
        where c.relkind in ('r', 'p') and n.nspname !~ '^(pg_|information_schema)'
          and exists (select from pg_attribute a where a.attrelid = c.oid and not a.attisdropped
                         and a.attname ~ '(^|_)(customer|user)_id$')
        order by 1`,
    );
    const reasonOf = (name: string): string | undefined =>
      [name, name.slice(name.indexOf('.') + 1)].find((one) => one in needNone);
    const open = rows.filter(({ closed, hangs }) => !closed && !hangs).map(({ name }) => name);
    const used = new Set(open.map(reasonOf));
    return {
      open: open.filter((name) => reasonOf(name) === undefined),
      closed: rows.filter(({ closed }) => closed).map(({ name }) => name),
      needless: Object.keys(needNone).filter((name) => !used.has(name)),
    };
  });
