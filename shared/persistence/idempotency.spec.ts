import { randomUUID } from 'node:crypto';
import { expect } from 'chai';
import { Problem } from '@missions/contracts/errors.ts';
import {
  eraseResultsOfMission,
  executeOnce,
  findStoredResult,
  idempotencyValues,
  isReplayConflict,
  replay,
} from './idempotency.ts';
import { scratch, type Scratch } from './testing/scratch.ts';
import { statement } from './statement.ts';
import { autocommit, transaction } from './transaction.ts';

const count = statement(
  'spec.idempotency.effect',
  'insert into counter (id, value) values ($1, 1) on conflict (id) do update set value = counter.value + 1 returning value',
);
const close = statement(
  'spec.idempotency.close',
  'update counter set value = 2 where id = $1 and value = 1 returning value',
);
const atOnce = statement(
  'spec.idempotency.cte',
  `with changed as (insert into counter (id) values ($4) returning id),
        kept as (insert into idempotency (scope_hash, key, hash, answer)
                 select $1, $2, $3, json_build_object('id', id)::text from changed where $1::text is not null)
   select id from changed`,
);

describe('idempotency', () => {
  let database: Scratch;
  before(async () => {
    database = await scratch({ poolSize: 20 });
  });
  after(() => database?.close());

  const given = (key: string, hash = 'h', scope = 'acme ann POST /missions') => ({ scope, key, hash });
  const effects = async (id: string) =>
    (await database.db.pool.query('select value from counter where id = $1', [id])).rows[0]?.value as
      number | undefined;
  const problem = (promise: Promise<unknown>) =>
    promise.then(
      () => expect.fail('it should have failed'),
      (error: Problem) => error.code,
    );

  it('replays what an earlier version stored in its own scope and with its own hash', async () => {
    const run = (idempotency: Parameters<typeof executeOnce>[1]) =>
      executeOnce(database.db, idempotency, async (tx) => {
        await tx.run(count, ['earlier']);
        return { body: '{"done":true}' };
      });
    const old = given('earlier', 'old hash', 'old scope');
    await run(old);
    const now = { ...given('earlier', 'new hash', 'new scope'), earlier: { scope: 'old scope', hash: 'old hash' } };
    expect(await run(now)).to.deep.equal({ body: '{"done":true}', replayed: true });
    expect(await run({ ...now, scope: 'old scope' })).to.deep.equal({ body: '{"done":true}', replayed: true });
    expect(await effects('earlier')).to.equal(1);
    const changed = { ...now, earlier: { scope: 'old scope', hash: 'another' } };
    expect(await problem(run(changed))).to.equal('IDEMPOTENCY_KEY_REUSED');
  });

  it('executes one of twenty equal concurrent requests, and gives all of them its result', async () => {
    const answers = await Promise.all(
      Array.from({ length: 20 }, () =>
        executeOnce(database.db, given('twenty'), async (tx) => {
          const [row] = await tx.run<{ value: number }>(count, ['twenty']);
          return { body: `{"value":${row?.value}}`, version: 7 };
        }),
      ),
    );
    expect(await effects('twenty')).to.equal(1);
    expect(answers.filter(({ replayed }) => !replayed).length).to.equal(1);
    for (const answer of answers) expect(answer).to.include({ body: '{"value":1}', version: 7 });
  });

  it('refuses a key that comes with another body, without an effect', async () => {
    const command = (id: string) => async (tx: Parameters<Parameters<typeof executeOnce>[2]>[0]) => {
      await tx.run(count, [id]);
      return { body: '{}' };
    };
    await executeOnce(database.db, given('reused', 'one'), command('reused'));
    expect(await problem(executeOnce(database.db, given('reused', 'two'), command('reused')))).to.equal(
      'IDEMPOTENCY_KEY_REUSED',
    );
    expect(await effects('reused')).to.equal(1);
    const both = await Promise.allSettled(
      ['one', 'two'].map((hash) => executeOnce(database.db, given('raced', hash), command('raced'))),
    );
    expect(both.map(({ status }) => status).toSorted()).to.deep.equal(['fulfilled', 'rejected']);
    expect(await effects('raced')).to.equal(1);
  });

  it('distinguishes equal keys of different scopes', async () => {
    const command = async () => ({ body: '{}' });
    expect(await executeOnce(database.db, given('scoped', 'h', 'ann'), command)).to.include({ replayed: false });
    expect(await executeOnce(database.db, given('scoped', 'h', 'bob'), command)).to.include({ replayed: false });
    expect(await executeOnce(database.db, given('scoped', 'h', 'ann'), command)).to.include({ replayed: true });
  });

  it('does not store a refusal', async () => {
    const refuse = () => Promise.reject(new Problem('INVALID_TRANSITION', 'not now'));
    expect(await problem(executeOnce(database.db, given('refused'), refuse))).to.equal('INVALID_TRANSITION');
    expect(await executeOnce(database.db, given('refused'), async () => ({ body: '{}' }))).to.deep.equal({
      body: '{}',
      replayed: false,
    });
  });

  it('replays the stored result to the slower of two equal requests, rather than refuse it', async () => {
    await database.db.pool.query(`insert into counter values ('task', 1)`);
    let begun = 0;
    const bothBegun = Promise.withResolvers<void>();
    const complete = () =>
      executeOnce(database.db, given('twin'), async (tx) => {
        if (++begun === 2) bothBegun.resolve();
        await bothBegun.promise;
        const closed = await tx.run(close, ['task']);
        if (closed.length === 0) throw new Problem('INVALID_TRANSITION', 'already completed');
        return { body: '{"status":"completed"}' };
      });
    const both = await Promise.all([complete(), complete()]);
    expect(both.map(({ body }) => body)).to.deep.equal(['{"status":"completed"}', '{"status":"completed"}']);
  });

  it('executes every request that has no key', async () => {
    for (const value of [1, 2]) {
      const answer = await executeOnce(database.db, undefined, async (tx) => ({
        body: JSON.stringify(await tx.run(count, ['keyless'])),
      }));
      expect(answer).to.deep.equal({ body: `[{"value":${value}}]`, replayed: false });
    }
  });

  it('supports stores whose command is one statement', async () => {
    const create = async (id: string) => {
      const idempotency = given('cte');
      try {
        return { made: await autocommit(database.db).run(atOnce, [...idempotencyValues(idempotency), id]) };
      } catch (error) {
        expect(isReplayConflict(error)).to.equal(true);
        return { again: await replay(database.db, idempotency, error) };
      }
    };
    expect(await create('cte one')).to.deep.equal({ made: [{ id: 'cte one' }] });
    const { again } = await create('cte two');
    expect(JSON.parse(again?.body ?? '')).to.deep.equal({ id: 'cte one' });
    expect(await effects('cte two')).to.equal(undefined);
    await autocommit(database.db).run(atOnce, [...idempotencyValues(undefined), 'cte three']);
    expect(await effects('cte three')).to.equal(0);
  });

  it('replays no result after an unrelated failure', async () => {
    const duplicate = statement('spec.idempotency.duplicate', `insert into counter (id) values ('cte one')`);
    const error = await transaction(database.db, (tx) => tx.run(duplicate)).catch((caught: unknown) => caught);
    expect(isReplayConflict(error)).to.equal(false);
    expect(await replay(database.db, given('cte'), error).catch((caught: unknown) => caught)).to.equal(error);
  });

  it('finds no result for a key that was never used', async () => {
    expect(await findStoredResult(autocommit(database.db), given('never'))).to.equal(undefined);
  });

  it('forgets the results of an erased mission, those about several and those of older versions too', async () => {
    const [erased, other, part] = [randomUUID(), randomUUID(), randomUUID()];
    const stored = (key: string, body: string, missionId?: string | null) =>
      executeOnce(database.db, given(key), async () => ({ body, missionId }));
    await stored('of it', '{}', erased.toUpperCase());
    await stored('of older version', `{"id":"${erased}"}`);
    await stored('of several', `{"parts":["${part}"]}`);
    await stored('of another', `{"about":"${erased}"}`, other);
    await stored('of none', `{"key":"${erased}"}`, null);
    expect(await eraseResultsOfMission(autocommit(database.db), erased, [part])).to.equal(3);
    const { rows } = await database.db.pool.query("select key from idempotency where key like 'of %' order by key");
    expect(rows.map(({ key }) => key)).to.deep.equal(['of another', 'of none']);
  });
});
