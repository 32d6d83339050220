import type { Database } from './database.ts';

/**
 * The SQL that would bring the live schema to what the entities say; '' when they agree. For a spec of each service: a migration that was
 * forgotten, or that says something else than the entity, shows here. Never executed.
 */
export async function schemaDrift(db: Database): Promise<string> {
  const sql = await db.orm.schema.getUpdateSchemaSQL({ wrap: false, safe: false, dropTables: false });
  return sql.trim();
}
