import { expect } from 'chai';
import { spawn } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Client } from 'pg';
import { scratchFolders } from '@missions/test-support/scratch-folder.ts';
import { waitUntil } from '@missions/test-support/wait-until.ts';
import { startPostgres } from './embedded-postgres.ts';

async function query<T>(url: string, sql: string): Promise<T[]> {
  const client = new Client({ connectionString: url });
  // When a killed server ends the session, the client also emits an error outside of any query.
  client.on('error', () => {});
  await client.connect();
  try {
    return (await client.query(sql)).rows as T[];
  } finally {
    await client.end();
  }
}

describe('the embedded PostgreSQL', () => {
  const scratch = scratchFolders();

  it('keeps committed rows through a kill, and restarts at once', async () => {
    const options = { dataDir: join(scratch(), 'postgres'), password: 'pass %' };
    let server = await startPostgres(options);
    await query(server.adminUrl, 'create table kept as select 1 as id');
    await server.kill();
    server = await startPostgres({ ...options, port: server.port });
    expect(await query(server.adminUrl, 'select id from kept')).to.deep.equal([{ id: 1 }]);
    await server.stop();
  });

  it('waits at its start for a busy session that outlives the killed server', async () => {
    const options = { dataDir: join(scratch(), 'postgres'), password: 'x', durable: false };
    let server = await startPostgres(options);
    // A session that computes does not check whether its postmaster is still there.
    const busy = query(server.adminUrl, 'select sum(n) from generate_series(1, 8000000) n');
    const cutOff = busy.catch((error: unknown) => String(error));
    await waitUntil(
      async () =>
        (await query(server.adminUrl, `select from pg_stat_activity where query ~ '^select sum' and state = 'active'`))
          .length === 1,
    );
    await server.kill();
    server = await startPostgres(options);
    expect(readFileSync(server.logFile, 'utf8')).to.contain('still in use');
    await server.stop();
    await cutOff;
  });

  it('starts although another process got the pid of the killed server', async () => {
    const options = { dataDir: join(scratch(), 'postgres'), password: 'x', durable: false };
    let server = await startPostgres(options);
    const pidFile = join(options.dataDir, 'postmaster.pid');
    const content = readFileSync(pidFile, 'utf8');
    await server.kill();
    const other = spawn('sleep', ['100']);
    writeFileSync(pidFile, content.replace(/^\d+/, String(other.pid)));
    server = await startPostgres(options);
    await server.stop();
    other.kill();
  });

  it('fails with the end of its log if it does not start', async () => {
    const options = { dataDir: join(scratch(), 'postgres'), password: 'x', durable: false };
    const first = await startPostgres(options);
    const second = await startPostgres({ ...options, dataDir: join(scratch(), 'postgres'), port: first.port }).catch(
      (error: unknown) => error,
    );
    expect(String(second)).to.contain('ended while starting').and.to.contain('Address already in use');
    await first.stop();
  });
});
