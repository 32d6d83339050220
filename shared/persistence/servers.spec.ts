import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { type Postgres, startPostgres } from '@missions/deploy/dev-servers/embedded-postgres.ts';
import { freePort } from '@missions/deploy/dev-servers/ports.ts';
import { copyPristineCluster } from '@missions/test-support/pristine-cluster.ts';
import { waitUntil } from '@missions/test-support/wait-until.ts';
import { type Database, openDatabase } from './database.ts';
import { connectStandalone } from './session.ts';
import { CounterEntity, logger, scratch, type Scratch } from './testing/scratch.ts';

/** An address that leads to another server, until it is closed. */
async function address(port: number) {
  const open = new Set<Socket>();
  const server = createServer((near) => {
    const far = connect(port, '127.0.0.1');
    for (const socket of [near, far]) open.add(socket.on('error', () => {}));
    near.pipe(far).pipe(near);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    host: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    async close(): Promise<void> {
      for (const socket of open) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}

describe('a database URL with several servers', () => {
  const folder = mkdtempSync(join(tmpdir(), 'missions-standby-'));
  let database: Scratch;
  let standby: Postgres;
  const opened: Database[] = [];
  const addresses: Awaited<ReturnType<typeof address>>[] = [];
  before(async () => {
    database = await scratch();
    const dataDir = join(folder, 'postgres');
    await copyPristineCluster(dataDir, 'test');
    writeFileSync(join(dataDir, 'standby.signal'), '');
    standby = await startPostgres({ dataDir, password: 'test', durable: false });
  });
  after(async () => {
    for (const db of opened) await db.close();
    for (const one of addresses) await one.close();
    await database.close();
    await standby.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  const withHosts = (...hosts: readonly string[]): string => {
    const { host } = new URL(database.adminUrl);
    return database.adminUrl.replace(host, hosts.join(','));
  };
  const open = async (url: string): Promise<Database> => {
    const db = await openDatabase({ url, schema: 'mission', entities: [CounterEntity], migrations: [], logger });
    opened.push(db);
    return db;
  };

  it('leads to the one that takes writes, whichever stands first', async () => {
    const primary = new URL(database.adminUrl).host;
    const [dead, second] = [`127.0.0.1:${await freePort()}`, `127.0.0.1:${standby.port}`];
    const written: unknown[] = [];
    for (const hosts of [
      [dead, second, primary],
      [primary, second, dead],
    ]) {
      const db = await open(withHosts(...hosts));
      await db.pool.query('create table if not exists mission.written (id int)');
      const client = await connectStandalone({
        url: withHosts(...hosts),
        schema: 'mission',
        statementTimeoutMs: 5_000,
        name: 'spec',
      });
      await client.query('insert into mission.written values (1)');
      written.push((await client.query('select count(*)::int as rows from mission.written')).rows[0]);
      await client.end();
    }
    expect(written).to.deep.equal([{ rows: 1 }, { rows: 2 }]);
  });

  it('leads on to another when that one has gone', async () => {
    const port = Number(new URL(database.adminUrl).port);
    const [first, second] = [await address(port), await address(port)];
    addresses.push(second);
    const db = await open(withHosts(first.host, second.host));
    expect((await db.pool.query('select 1 as one')).rows).to.deep.equal([{ one: 1 }]);
    // Whichever it took.
    await first.close();
    const { rows } = await waitUntil(() => db.pool.query('select 1 as one'));
    expect(rows).to.deep.equal([{ one: 1 }]);
  });

  it('says which server is a standby when none takes writes', async () => {
    const { port } = standby;
    const url = `postgres://postgres:test@127.0.0.1:${port},127.0.0.1:${port}/postgres`;
    const fault = await connectStandalone({ url, schema: 'mission', statementTimeoutMs: 5_000, name: 'spec' }).catch(
      (error: Error) => error.message,
    );
    expect(fault).to.equal(`127.0.0.1:${port} is a standby`);
  });
});
