import { readFileSync } from 'node:fs';
import { Client } from 'pg';

const SERVICE_SQL = readFileSync(new URL('../postgres/service.sql', import.meta.url), 'utf8');
const AUDIT_SQL = readFileSync(new URL('../postgres/audit.sql', import.meta.url), 'utf8');

export interface ServiceLogin {
  /** Name of the role and of its schema. */
  name: string;
  password: string;
}

/**
 * Creates the role, the schema and the audit record of each service in the database of `adminUrl`, and sets the role's
 * password. Can be repeated, also concurrently.
 * @returns each service's own URL by its name.
 * @throws Error of PostgreSQL if the administrator may not create roles or schemas.
 */
export async function provision(adminUrl: string, services: readonly ServiceLogin[]): Promise<Record<string, string>> {
  const client = new Client({ connectionString: adminUrl, connectionTimeoutMillis: 10_000 });
  await client.connect();
  try {
    for (const { name, password } of services) {
      await client.query(
        `select set_config('missions.service', $1, false), set_config('missions.password', $2, false)`,
        [name, password],
      );
      await retryConflicts(() => client.query(SERVICE_SQL));
      await retryConflicts(() => client.query(AUDIT_SQL));
    }
  } finally {
    await client.end();
  }
  return Object.fromEntries(services.map((service) => [service.name, urlOf(adminUrl, service)]));
}

/**
 * Creates the audit records that a database of an older version lacks: the containers' roles and schemas are made once,
 * when the volume is empty. A schema that does not exist is left out.
 */
export async function addAuditRecords(adminUrl: string, services: readonly string[]): Promise<void> {
  const client = new Client({ connectionString: adminUrl, connectionTimeoutMillis: 10_000 });
  await client.connect();
  try {
    for (const service of services) {
      const { rowCount } = await client.query(
        `select set_config('missions.service', nspname, false) from pg_namespace where nspname = $1`,
        [service],
      );
      if (rowCount) await retryConflicts(() => client.query(AUDIT_SQL));
    }
  } finally {
    await client.end();
  }
}

/** unique_violation, duplicate_object, and the internal_error of two concurrent `alter role`: see service.sql. */
const RETRIED_CODES = new Set(['23505', '42710', 'XX000']);

async function retryConflicts(run: () => Promise<unknown>, attempts = 20): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    try {
      await run();
      return;
    } catch (error) {
      const { code } = error as { code?: string };
      if (attempt === attempts || code === undefined || !RETRIED_CODES.has(code)) throw error;
    }
  }
}

function urlOf(adminUrl: string, { name, password }: ServiceLogin): string {
  const url = new URL(adminUrl);
  url.username = encodeURIComponent(name);
  url.password = encodeURIComponent(password);
  return url.href;
}
