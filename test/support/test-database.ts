import { Client } from 'pg';
import { provision } from '@missions/deploy/dev-servers/provision.ts';

export interface TestDatabase {
  readonly name: string;
  /** URL of this database for the superuser. */
  readonly adminUrl: string;
  /** URL for a service's own role. @throws Error if the database was made without that service. */
  urlFor(service: string): string;
}

export const SERVICES = ['mission', 'approval', 'scheduler', 'email_bridge', 'notifier', 'gateway'] as const;

let made = 0;

/**
 * Roles belong to the server and schemas to the database, so databases of one run share their roles and nothing else.
 */
export async function createDatabase(serverUrl: string, services: readonly string[] = SERVICES): Promise<TestDatabase> {
  // The pid, because spec processes may share one server.
  const name = `test_${process.pid}_${++made}`;
  const client = new Client({ connectionString: serverUrl });
  await client.connect();
  try {
    await client.query(`create database ${name}`);
  } finally {
    await client.end();
  }
  const url = new URL(serverUrl);
  url.pathname = `/${name}`;
  const urls = await provision(
    url.href,
    services.map((service) => ({ name: service, password: service })),
  );
  return {
    name,
    adminUrl: url.href,
    urlFor: (service) => {
      const own = urls[service];
      if (own === undefined)
        throw new Error(`${name} has no service ${service}: name it in freshDatabase({ services })`);
      return own;
    },
  };
}
