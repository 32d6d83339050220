import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import pg from 'pg';
import { startServers, type TestServers } from '@missions/test-support/stack.ts';
import { databaseProblem } from './error-mapping.ts';
import { statement } from './statement.ts';
import { scratch, type Scratch } from './testing/scratch.ts';
import { autocommit, transaction } from './transaction.ts';

const page = readFileSync(new URL('../docs/operating.md', import.meta.url), 'utf8');
const note = statement('spec.password.note', 'insert into counter (id) values ($1)');

describe('the password of a service at PostgreSQL', () => {
  let own: TestServers;
  let database: Scratch;
  before(async () => {
    own = await startServers();
    database = await scratch({}, own);
  });
  after(async () => {
    await database.close();
    await own.stop();
  });

  it('is exchanged by the command of the page: transactions under way go on, and the new one opens', async () => {
    const [, command = ''] = /psql --command "(alter role mission password '\$NEW_PASSWORD')"/.exec(page) ?? [];
    expect(command).to.contain('$NEW_PASSWORD');
    const started = await database.another();
    await transaction(started, async (tx) => {
      await tx.run(note, ['before']);
      const administrator = new pg.Client({ connectionString: database.adminUrl });
      await administrator.connect();
      await administrator.query(command.replace('$NEW_PASSWORD', 'exchanged'));
      await administrator.end();
      await tx.run(note, ['after']);
      // The transaction has the connection that is open.
      const refused = await autocommit(started)
        .run(note, ['refused'])
        .catch((error: unknown) => databaseProblem(error)?.code ?? error);
      expect(refused, 'as a database that is away').to.equal('UNAVAILABLE');
    });

    const url = new URL(database.url);
    url.password = 'exchanged';
    const restarted = await database.another({ url: url.href });
    await autocommit(restarted).run(note, ['new']);
    const { rows } = await restarted.pool.query('select id from counter order by id');
    expect(rows.map(({ id }) => id)).to.deep.equal(['after', 'before', 'new']);
  });
});
