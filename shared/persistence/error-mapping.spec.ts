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

describe('databaseProblem', function () {
  this.timeout(20_000);
  let it_: Scratch;
  before(async () => {
    it_ = await scratch();
  });
  after(() => it_?.close());

  const codeOf = (promise: Promise<unknown>) =>
    promise.then(
      () => 'none',
      (error: unknown) => databaseProblem(error)?.code,
    );

  it('names a statement that took too long', async () => {
    const hasty = await it_.another({ statementTimeoutMs: 50 });
    expect(await codeOf(autocommit(hasty).run(slow))).to.equal('TIMEOUT');
    expect(await codeOf(transaction(hasty, (tx) => tx.run(slow)))).to.equal('TIMEOUT');
    expect(await codeOf(unitOfWork(hasty, (em) => em.execute('select pg_sleep(5)')))).to.equal('TIMEOUT');
  });

  it('names a server that is not there', async () => {
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

  it('names a server that takes no more connections', async () => {
    const crowded = Object.assign(new Error('sorry, too many clients already'), { code: '53300' });
    expect(databaseProblem(crowded)?.code).to.equal('UNAVAILABLE');
    expect(databaseProblem(new Error('wrapped', { cause: crowded }))?.code).to.equal('UNAVAILABLE');
  });

  it('leaves mistakes of the program and refusals alone', async () => {
    expect(await codeOf(autocommit(it_.db).run(wrong))).to.equal(undefined);
    expect(databaseProblem(new Problem('NOT_FOUND', 'no'))).to.equal(undefined);
    expect(databaseProblem(new TypeError('oops'))).to.equal(undefined);
    expect(databaseProblem(undefined)).to.equal(undefined);
  });
});
