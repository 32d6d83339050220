import { expect } from 'chai';
import { Problem } from '@missions/contracts/errors.ts';
import { databaseProblem } from './error-mapping.ts';
import { openDatabase } from './database.ts';
import { logger, scratch, type Scratch } from './testing/scratch.ts';
import { statement } from './statement.ts';
import { outboxEntities } from './schema.ts';
import { autocommit, transaction } from './transaction.ts';
import { unitOfWork } from './unit-of-work.ts';

const slow = statement('spec.classify.slow', 'select pg_sleep(5)');
const wrong = statement('spec.classify.wrong', 'select nonsense');

describe('databaseProblem', () => {
  let database: Scratch;
  before(async () => {
    database = await scratch();
  });
  after(() => database?.close());

  const codeOf = (promise: Promise<unknown>) =>
    promise.then(
      () => 'none',
      (error: unknown) => databaseProblem(error)?.code,
    );

  it('maps a statement that takes too long to TIMEOUT', async () => {
    const hasty = await database.another({ statementTimeoutMs: 50 });
    expect(await codeOf(autocommit(hasty).run(slow))).to.equal('TIMEOUT');
    expect(await codeOf(transaction(hasty, (tx) => tx.run(slow)))).to.equal('TIMEOUT');
    expect(await codeOf(unitOfWork(hasty, (em) => em.execute('select pg_sleep(5)')))).to.equal('TIMEOUT');
  });

  it('maps a server that does not run to UNAVAILABLE', async () => {
    const options = {
      url: 'postgres://nobody@127.0.0.1:1/nothing',
      schema: 'mission',
      entities: outboxEntities,
      migrations: [],
      logger,
      waitMs: 0,
    };
    expect(await codeOf(openDatabase(options))).to.equal('UNAVAILABLE');
  });

  it('maps a server that accepts no more connections to UNAVAILABLE', async () => {
    const crowded = Object.assign(new Error('sorry, too many clients already'), { code: '53300' });
    expect(databaseProblem(crowded)?.code).to.equal('UNAVAILABLE');
    expect(databaseProblem(new Error('wrapped', { cause: crowded }))?.code).to.equal('UNAVAILABLE');
  });

  it('maps neither errors of the program nor refusals', async () => {
    expect(await codeOf(autocommit(database.db).run(wrong))).to.equal(undefined);
    expect(databaseProblem(new Problem('NOT_FOUND', 'no'))).to.equal(undefined);
    expect(databaseProblem(new TypeError('oops'))).to.equal(undefined);
    expect(databaseProblem(undefined)).to.equal(undefined);
  });
});
