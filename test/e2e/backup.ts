import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Client } from 'pg';
import { type DeployedServers, startDeployedServers } from '@missions/test-support/deployed-servers.ts';
import { SERVICES, type TestDatabase } from '@missions/test-support/test-database.ts';
import { shellBlocks } from './readme.ts';
import { run } from './shell.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));
const page = readFileSync(new URL('../../shared/docs/operating.md', import.meta.url), 'utf8');

/** The blocks of commands below a heading of the page for operators: first that among containers, then the other. */
export function commandsOf(heading: string): string[] {
  const [, section = ''] = new RegExp(`^## ${heading}\n([^]*?)(?=^## |$(?![^]))`, 'm').exec(page) ?? [];
  return shellBlocks(section);
}

/** Servers of their own, and the database `missions` in them, if it was made. */
export interface Place {
  readonly servers: DeployedServers;
  readonly database: TestDatabase;
  /** Runs a command as the administrator of that PostgreSQL. @throws Error if it fails, or writes to stderr. */
  execute(command: string): Promise<void>;
  /** What the entry point of PostgreSQL's container does when its volume is empty. */
  makeRoles(): Promise<void>;
  rows<Row = any>(sql: string): Promise<Row[]>;
  rowsAs<Row = any>(role: string, password: string, sql: string): Promise<Row[]>;
}

export interface PlaceOptions {
  /** The search path on which PostgreSQL's client programs are. */
  path: string;
  /** For the files of commands. */
  folder: string;
  /** Who makes the roles; an ordinary login that may make roles and databases is made for a name other than `postgres`. */
  administrator?: string;
}

export async function openPlace({ path, folder, administrator = 'postgres' }: PlaceOptions): Promise<Place> {
  const servers = await startDeployedServers();
  const at = new URL(servers.adminUrl);
  if (administrator !== 'postgres')
    await query(at.href, `create role ${administrator} login createrole createdb password '${at.password}'`);
  at.username = administrator;
  at.pathname = '/missions';
  const connection = { PGHOST: at.hostname, PGPORT: at.port, PGUSER: administrator, PGPASSWORD: at.password };
  const passwords = SERVICES.map((name) => [`${name.toUpperCase()}_DB_PASSWORD`, name]);
  const env = {
    PATH: path,
    ...connection,
    PGDATABASE: 'missions',
    PGOPTIONS: '-c client_min_messages=warning',
    ...Object.fromEntries(passwords),
  };
  const container = {
    POSTGRES_USER: administrator,
    POSTGRES_DB: 'missions',
    MISSIONS_SQL: `${root}deploy/postgres/service.sql`,
    MISSIONS_AUDIT_SQL: `${root}deploy/postgres/audit.sql`,
    MISSIONS_SERVICES: SERVICES.join(' '),
  };
  const execute = async (command: string, more: Record<string, string> = {}): Promise<void> => {
    const script = `cd '${folder}'\n${command.replaceAll(/(?<=[= ])deploy\//g, `${root}deploy/`)}`;
    const { code, stdout, stderr } = await run('bash', ['-euc', script], { ...env, ...more });
    if (code !== 0 || stderr !== '') throw new Error(`${command}: ${code} ${stdout}${stderr}`);
  };
  const urlAs = (role: string, password: string): string =>
    at.href.replace(`//${administrator}:${at.password}@`, `//${role}:${password}@`);
  return {
    servers,
    database: { name: 'missions', adminUrl: at.href, urlFor: (service) => urlAs(service, service) },
    execute,
    makeRoles: () => execute('createdb missions\nbash deploy/postgres/10-services.sh', container),
    rows: (sql) => query(at.href, sql),
    rowsAs: (role, password, sql) => query(urlAs(role, password), sql),
  };
}

/** @param compose what is done for the commands that concern containers as a whole. */
export async function perform(
  block: string,
  place: () => Place | undefined,
  compose: Record<string, () => Promise<void>> = {},
): Promise<void> {
  for (const line of block.trim().split('\n')) {
    const [, inside] = /^docker compose exec -T postgres (.+)$/.exec(line) ?? [];
    const at = place();
    if (inside !== undefined && at) await at.execute(inside);
    else if (compose[line]) await compose[line]();
    else throw new Error(`this command is not known here: ${line}`);
  }
}

async function query<Row>(connectionString: string, sql: string): Promise<Row[]> {
  const client = new Client({ connectionString });
  await client.connect();
  try {
    return (await client.query(sql)).rows as Row[];
  } finally {
    await client.end();
  }
}

/** Owner and rights of every schema, table and sequence of the services, and a digest of the rows. */
export async function contentsOf({ rows }: Pick<Place, 'rows'>): Promise<Record<string, string>> {
  const names = SERVICES.map((name) => `'${name}'`).join(', ');
  const relations = await rows<{ name: string; kind: string; rights: string }>(
    `select format('%I.%I', nspname, relname) as name, relkind as kind,
            pg_get_userbyid(relowner) || ' ' || coalesce(relacl::text, '') || ' ' || pg_get_userbyid(nspowner) || ' '
              || nspacl::text as rights
       from pg_class join pg_namespace n on n.oid = relnamespace
      where nspname in (${names}) and relkind in ('r', 'S', 'i') order by 1`,
  );
  const contents = await Promise.all(
    relations.map(async ({ name, kind, rights }): Promise<[string, string]> => {
      if (kind !== 'r') return [name, rights];
      const [row] = await rows<{ digest: string }>(
        `select count(*) || ' ' || coalesce(md5(string_agg(t::text, '' order by t::text)), '') as digest from ${name} t`,
      );
      return [name, `${rights} ${row?.digest}`];
    }),
  );
  return Object.fromEntries(contents);
}
