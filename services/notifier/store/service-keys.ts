import type { Database } from '@missions/persistence/database.ts';
import { statement } from '@missions/persistence/statement.ts';
import { autocommit } from '@missions/persistence/transaction.ts';

const make = statement(
  'service_key.make',
  'insert into service_key (name, value) values ($1, $2) on conflict do nothing',
);
const read = statement('service_key.read', 'select value from service_key where name = $1');

/** The service's key of that name. The first copy of the service that asks makes it. */
export async function serviceKey(db: Database, name: string, fresh: string): Promise<string> {
  const tx = autocommit(db);
  await tx.run(make, [name, fresh]);
  const [row] = await tx.run<{ value: string }>(read, [name]);
  if (!row) throw new Error(`the service has no key ${name}`);
  return row.value;
}

const replace = statement('service_key.replace', 'update service_key set value = $3 where name = $1 and value = $2');
/** The same key, sealed with another secret. */
export const replaceServiceKey = (db: Database, name: string, former: string, value: string): Promise<unknown> =>
  autocommit(db).run(replace, [name, former, value]);
