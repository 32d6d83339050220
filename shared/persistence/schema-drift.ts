import type { Database } from './database.ts';

/**
 * The SQL that would change the live schema to match the entities; '' if they agree. For a spec of each service, which
 * finds a forgotten migration, and one that differs from the entity. The SQL is never executed.
 */
export async function schemaDrift(db: Database): Promise<string> {
  const sql = await db.orm.schema.getUpdateSchemaSQL({ wrap: false, safe: false, dropTables: false });
  return sql.trim();
}
