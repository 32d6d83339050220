import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import pg from 'pg';
import { selfSigned } from '@missions/email-bridge/testing/certificate.ts';
import { startServers, type TestServers } from '@missions/test-support/test-servers.ts';
import { waitUntil } from '@missions/test-support/wait-until.ts';
import { type Database, openDatabase } from './database.ts';
import { LeaderLease } from './leader-lease.ts';
import { migrate } from './migrate.ts';
import { CounterEntity, FirstMigration, logger } from './testing/scratch.ts';
import { outboxEntities } from './schema.ts';

describe('a database that is reached by TLS only', () => {
  const folder = mkdtempSync(join(tmpdir(), 'missions-database-tls-'));
  const own = selfSigned('localhost');
  let servers: TestServers;
  let url: string;
  /** Of the server. */
  let data: string;
  let admin: pg.Client;
  const opened: Database[] = [];
  const file = (name: string, text: string): string => {
    const path = join(folder, name);
    writeFileSync(path, text, { mode: 0o600 });
    return path;
  };

  /** From its next reload on the server shows this certificate. */
  const show = ({ cert, key }: typeof own): void => {
    writeFileSync(join(data, 'server.crt'), cert);
    writeFileSync(join(data, 'server.key'), key, { mode: 0o600 });
  };

  before(async () => {
    servers = await startServers();
    const database = await servers.freshDatabase({ services: ['mission'] });
    url = database.urlFor('mission');
    admin = new pg.Client({ connectionString: database.adminUrl });
    await admin.connect();
    const { rows } = await admin.query<{ folder: string }>(`select current_setting('data_directory') as folder`);
    data = rows[0]?.folder ?? '';
    show(own);
    writeFileSync(
      join(data, 'pg_hba.conf'),
      'host all postgres 127.0.0.1/32 scram-sha-256\nhostssl all all 127.0.0.1/32 scram-sha-256\n',
    );
    await admin.query('alter system set ssl = on');
    await admin.query('select pg_reload_conf()');
    await waitUntil(async () => (await admin.query<{ ssl: string }>('show ssl')).rows[0]?.ssl === 'on', {
      what: 'TLS',
    });
  });
  after(async () => {
    for (const db of opened) await db.close();
    await admin?.end();
    await servers?.stop();
    rmSync(folder, { recursive: true });
  });

  const open = async (host: string, parameters: Record<string, string>, servers?: string): Promise<Database> => {
    const at = new URL(url);
    at.hostname = host;
    for (const [name, value] of Object.entries(parameters)) at.searchParams.set(name, value);
    const db = await openDatabase({
      url: servers === undefined ? at.href : at.href.replace(at.host, servers),
      schema: 'mission',
      entities: [...outboxEntities, CounterEntity],
      migrations: [FirstMigration],
      statementTimeoutMs: 7_000,
      logger,
      waitMs: 0,
    });
    opened.push(db);
    return db;
  };
  const faultOf = (host: string, parameters: Record<string, string>, servers?: string): Promise<string> =>
    open(host, parameters, servers).then(
      () => 'none',
      (error: unknown) => String(error),
    );
  const trusted = () => ({ sslmode: 'verify-full', sslrootcert: file('ca.pem', own.cert) });

  it('has its migrations, statements, notifications and leases by TLS, of the authority that the URL names', async () => {
    const db = await open('localhost', trusted());
    await migrate(db);
    const lease = await LeaderLease.acquire(db, { key: 'relay', role: 'relay', onLost: () => {} });
    expect(lease?.held).to.equal(true);
    await db.pool.query('select count(*) from counter');
    const { rows } = await admin.query<{ ssl: boolean }>(
      `select ssl from pg_stat_ssl join pg_stat_activity using (pid) where usename = 'mission'`,
    );
    expect(rows.length).to.be.at.least(2);
    expect(rows.every(({ ssl }) => ssl)).to.equal(true);
    expect((await db.pool.query('show statement_timeout')).rows).to.deep.equal([{ statement_timeout: '7s' }]);
    await lease?.close();
  });

  it('is refused for the certificate of another authority, and without TLS', async () => {
    const other = file('other.pem', selfSigned('localhost').cert);
    expect(await faultOf('localhost', { sslmode: 'verify-full', sslrootcert: other })).to.contain('certificate');
    expect(await faultOf('localhost', { sslmode: 'verify-full' })).to.contain('self-signed certificate');
    expect(await faultOf('localhost', { sslmode: 'disable' })).to.contain('no pg_hba.conf entry');
    expect(await faultOf('localhost', {})).to.contain('no pg_hba.conf entry');
  });

  it('is reached by an address that its certificate names, also as one of several servers, and by no other', async () => {
    const named = selfSigned('127.0.0.1');
    const parameters = { sslmode: 'verify-full', sslrootcert: file('address.pem', named.cert) };
    expect(await faultOf('127.0.0.1', trusted())).to.match(/127\.0\.0\.1.*is not in the cert's list/);
    show(named);
    await admin.query('select pg_reload_conf()');
    await waitUntil(async () => (await faultOf('127.0.0.1', parameters)) === 'none', { what: 'a connection' });
    const { port } = new URL(url);
    expect(await faultOf('127.0.0.1', parameters, `127.0.0.1:${port},localhost:${port}`)).to.equal('none');
    expect(await faultOf('localhost', parameters)).to.contain('altnames');
  });

  it('shows a new certificate without a restart, and is refused for one with another name', async () => {
    const elsewhere = selfSigned('elsewhere');
    show(elsewhere);
    await admin.query('select pg_reload_conf()');
    const believed = { sslmode: 'verify-full', sslrootcert: file('elsewhere.pem', elsewhere.cert) };
    await waitUntil(async () => (await faultOf('localhost', believed)).includes('altnames'), {
      what: 'a refusal for the name',
    });
  });
});
