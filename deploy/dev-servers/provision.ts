import { readFileSync } from 'node:fs';
import { Client } from 'pg';

const SERVICE_SQL = readFileSync(new URL('../postgres/service.sql', import.meta.url), 'utf8');

export interface ServiceLogin {
  /** Of the role and of its schema. */
  name: string;
  password: string;
}

/**
 * Gives each service its role and schema in the database that `adminUrl` names, and sets its password.
 * May be run again, and by two at once. Answers each service's own URL by its name.
 * @throws Error of PostgreSQL when the administrator may not create roles or schemas.
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
      await settled(() => client.query(SERVICE_SQL));
    }
  } finally {
    await client.end();
  }
  return Object.fromEntries(services.map((service) => [service.name, urlOf(adminUrl, service)]));
}

/** unique_violation, duplicate_object, and the internal_error of two `alter role` at once: see service.sql. */
const LOST_A_RACE = new Set(['23505', '42710', 'XX000']);

async function settled(run: () => Promise<unknown>, attempts = 20): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    try {
      await run();
      return;
    } catch (error) {
      const { code } = error as { code?: string };
      if (attempt === attempts || code === undefined || !LOST_A_RACE.has(code)) throw error;
    }
  }
}

function urlOf(adminUrl: string, { name, password }: ServiceLogin): string {
  const url = new URL(adminUrl);
  url.username = encodeURIComponent(name);
  url.password = encodeURIComponent(password);
  return url.href;
}
