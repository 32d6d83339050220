import { expect } from 'chai';
import { Api } from '@missions/test-support/api.ts';
import { type DeployedServers, startDeployedServers } from '@missions/test-support/deployed-servers.ts';
import { type Product, startProduct } from '@missions/test-support/product.ts';
import { random } from '@missions/test-support/random.ts';
import type { TestDatabase } from '@missions/test-support/test-database.ts';
import { holdsWithin } from '@missions/test-support/wait-until.ts';
import { violations } from './input-request-check.ts';
import { movedBy } from '../integration/moved-clocks.ts';
import { isSettled, observe } from './input-request-observations.ts';
import { plans, Rounds } from './input-request-rounds.ts';
import { faults, inflict } from './two-copies-faults.ts';

/** FAULTS=300 runs as many; a failing seed repeats the same faults. The second copies' clocks are ten minutes off. */
const FAULTS = Number(process.env['FAULTS'] ?? faults.length);
const PLAYERS = 8;
const MINUTE = 60_000;
const STANDS_MS = 2_000;

describe('two copies of each service, and random faults', function () {
  this.timeout(120_000 + FAULTS * 30_000);
  let servers: DeployedServers;
  let database: TestDatabase;
  let product: Product;

  before(async () => {
    servers = await startDeployedServers({ durable: true });
    database = await servers.freshDatabase();
    const behind = { BEHIND_MS: String(MINUTE - STANDS_MS) };
    product = await startProduct({
      database,
      natsUrlFor: servers.natsUrlFor,
      script: { mission: 'test/integration/mission-behind.ts' },
      env: { mission: behind },
      second: { mission: {}, approval: movedBy(10 * MINUTE), scheduler: movedBy(-10 * MINUTE) },
    });
  });
  afterEach(function () {
    if (this.currentTest?.state === 'failed') console.error(product?.logs());
  });
  after(async () => {
    await product?.stop();
    await servers?.stop();
  });

  it(`nothing is lost, doubled, early, stuck or out of order after ${FAULTS} faults`, async () => {
    const rounds = new Rounds(new Api(product));
    let begun = 0;
    let over = false;
    const player = async (): Promise<void> => {
      while (!over) await rounds.play(plans[begun++ % plans.length] ?? 'answer');
    };
    const playing = Promise.all(Array.from({ length: PLAYERS }, player));
    const programs = (['mission', 'approval', 'scheduler'] as const).flatMap((name) => {
      const second = product.seconds[name];
      return second ? [product[name], second] : [product[name]];
    });
    const around = { programs, servers, adminUrl: database.adminUrl, begun: () => begun };
    const done = await Promise.race([inflict(FAULTS, around, random('faults')), playing.then(() => [] as string[])]);
    over = true;
    await playing;
    const isQuiet = await holdsWithin(60_000, () => isSettled(database.adminUrl));
    const observations = await observe(database.adminUrl, rounds.played);
    expect(violations(observations), `after ${done.join(', ')}`).to.deep.equal([]);
    expect(isQuiet, `nothing is under way after a minute, after ${done.join(', ')}`).to.equal(true);
    console.log(`${rounds.played.length} missions, ${done.length} faults`);
  });
});
