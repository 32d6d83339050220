import { expect } from 'chai';
import { Api } from '@missions/test-support/api.ts';
import { type DeployedServers, startDeployedServers } from '@missions/test-support/deployed-servers.ts';
import { type Product, startProduct } from '@missions/test-support/product.ts';
import type { TestDatabase } from '@missions/test-support/test-database.ts';
import { random } from '@missions/test-support/random.ts';
import { holdsWithin, waitUntil } from '@missions/test-support/wait-until.ts';
import { repetitions } from '@missions/test-support/repetitions.ts';
import { observe, isSettled } from './input-request-observations.ts';
import { plans, Rounds } from './input-request-rounds.ts';
import { violations } from './input-request-check.ts';

const ROUNDS = repetitions(250, 500);
const PLAYERS = 24;
const KILLS_EACH = repetitions(4, 7);
const MINUTE = 60_000;
/** Real time until an input request with the shortest allowed deadline expires; see mission-behind.ts. */
const STANDS_MS = 2_000;
const VICTIMS = ['approval', 'scheduler', 'mission'] as const;

describe('kill -9 while input requests are opened, responded to and left to expire', function () {
  this.timeout(480_000);
  let servers: DeployedServers;
  let database: TestDatabase;
  let product: Product;

  before(async () => {
    servers = await startDeployedServers();
    database = await servers.freshDatabase();
    const env = { mission: { BEHIND_MS: String(MINUTE - STANDS_MS) } };
    product = await startProduct({
      database,
      natsUrlFor: servers.natsUrlFor,
      script: { mission: 'test/integration/mission-behind.ts' },
      env,
    });
  });
  afterEach(function () {
    if (this.currentTest?.state === 'failed') console.error(product?.logs());
  });
  after(async () => {
    await product?.stop();
    await servers?.stop();
  });

  it(`of approval, scheduler and mission, ${KILLS_EACH} times each in ${ROUNDS} rounds: no input request is lost, doubled, early or stuck`, async () => {
    const rounds = new Rounds(new Api(product));
    let begun = 0;
    const player = async (): Promise<void> => {
      while (begun < ROUNDS) await rounds.play(plans[begun++ % plans.length] ?? 'answer');
    };
    const playing = Promise.all(Array.from({ length: PLAYERS }, player));
    const kills: string[] = [];
    /**
     * Each service is killed at its own pace, so that two are sometimes down at once; the rounds make progress between
     * two kills.
     */
    const killer = async (name: (typeof VICTIMS)[number]): Promise<void> => {
      const next = random(`kills of ${name}`);
      for (let kill = 0; kill < KILLS_EACH; kill++) {
        const moment = ((kill + next()) * ROUNDS) / (KILLS_EACH + 1);
        await waitUntil(() => rounds.played.length >= moment, { withinMs: 120_000, what: 'rounds that go on' });
        await product[name].kill();
        kills.push(name);
        await product[name].start();
      }
    };
    await Promise.all([playing, ...VICTIMS.map(killer)]);
    const isQuiet = await holdsWithin(90_000, () => isSettled(database.adminUrl));
    const observations = await observe(database.adminUrl, rounds.played);
    expect(violations(observations), `after kills of ${kills.join(', ')}`).to.deep.equal([]);
    expect(isQuiet, 'nothing is under way after 90 s').to.equal(true);
    expect(observations.rounds).to.have.lengthOf(ROUNDS);
    expect(kills).to.have.lengthOf(KILLS_EACH * VICTIMS.length);
    // Each outcome occurred often enough for the absence of violations to mean something.
    const count = (status: string): number => observations.requests.filter((one) => one.status === status).length;
    for (const status of ['responded', 'expired', 'cancelled'])
      expect(count(status), status).to.be.at.least(ROUNDS / 10);
  });
});
