import { Migration } from '@mikro-orm/migrations';
import { expect } from 'chai';
import pg from 'pg';
import { schemaDrift } from './schema-drift.ts';
import { migrate } from './migrate.ts';
import { FirstMigration, scratch, type Scratch } from './testing/scratch.ts';

class BrokenMigration extends Migration {
  override name = 'broken';
  override up(): void {
    this.addSql('create table half (id int)');
    this.addSql('select nonsense');
  }
}

/** Longer than the statement timeout it is run under. */
class SlowMigration extends Migration {
  override name = 'slow';
  override up(): void {
    this.addSql('select pg_sleep(0.3)');
  }
}

describe('migrate', () => {
  const open: Scratch[] = [];
  const fresh = async (...migrations: (new (...args: ConstructorParameters<typeof Migration>) => Migration)[]) => {
    const one = await scratch({ migrations });
    open.push(one);
    return one;
  };
  after(() => Promise.all(open.map((it) => it.close())));

  it('runs in one of several processes that start at once, and all succeed', async () => {
    const one = await fresh(FirstMigration);
    const all = [one.db, await one.another(), await one.another(), await one.another()];
    const applied = await Promise.all(all.map((db) => migrate(db)));
    expect(applied.flat()).to.deep.equal(['first']);
    expect((await one.db.pool.query('select name from migrations')).rows).to.deep.equal([{ name: 'first' }]);
  });

  it('applies only new migrations', async () => {
    const one = await fresh(FirstMigration);
    expect(await migrate(one.db)).to.deep.equal(['first']);
    expect(await migrate(one.db)).to.deep.equal([]);
    expect(await migrate(await one.another({ migrations: [FirstMigration, SlowMigration] }))).to.deep.equal(['slow']);
  });

  it('is not bound by the statement timeout of requests', async () => {
    const one = await fresh(SlowMigration);
    expect(await migrate(await one.another({ statementTimeoutMs: 100 }))).to.deep.equal(['slow']);
  });

  it('leaves nothing of a failed migration or of those before it, and may be run again', async () => {
    const one = await fresh(FirstMigration, BrokenMigration);
    const error = await migrate(one.db).catch((caught: Error) => caught);
    expect(error).to.be.instanceOf(Error);
    const { rows } = await one.db.pool.query(
      `select table_name from information_schema.tables
        where table_schema = 'mission' and table_name not in ('migrations', 'audit_entries')`,
    );
    expect(rows).to.deep.equal([]);
    expect(await migrate(await one.another({ migrations: [FirstMigration] }))).to.deep.equal(['first']);
  });
});

describe('schemaDrift', () => {
  let database: Scratch;
  before(async () => {
    database = await scratch();
  });
  after(() => database?.close());

  it('is empty if the migrated schema matches the entities, whatever other schemas contain', async () => {
    const admin = new pg.Client({ connectionString: database.adminUrl });
    await admin.connect();
    await admin.query('create schema neighbour; create table neighbour.thing (id int)');
    await admin.end();
    expect(await schemaDrift(database.db)).to.equal('');
  });

  it('contains the SQL for a difference', async () => {
    await database.db.pool.query('alter table counter drop column value');
    expect(await schemaDrift(database.db)).to.match(/alter table "mission"\."counter" add "?(column )?"?value"/);
    await database.db.pool.query('alter table counter add column value int not null default 0');
    await database.db.pool.query('alter table inbox alter column claimed_at type timestamptz(6)');
    expect(await schemaDrift(database.db)).to.contain('claimed_at');
    await database.db.pool.query('alter table inbox alter column claimed_at type timestamptz(3)');
    await database.db.pool.query('drop index outbox_pending');
    expect(await schemaDrift(database.db)).to.contain('outbox_pending');
  });
});
