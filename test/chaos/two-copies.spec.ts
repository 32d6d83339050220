import { expect } from 'chai';
import { Api } from '@missions/test-support/api.ts';
import { random } from '@missions/test-support/random.ts';
import { holdsWithin } from '@missions/test-support/wait-until.ts';
import { disorder } from './delivery-check.ts';
import { faultsOfLinks } from './faults-of-links.ts';
import { faultsOfDisks, faultsOfStreams } from './faults-of-stores.ts';
import { violations as inputRequestViolations } from './input-request-check.ts';
import { isSettled, observe } from './input-request-observations.ts';
import { plans, Rounds } from './input-request-rounds.ts';
import { violations as mailViolations } from './mail-check.ts';
import { observe as observeMail } from './mail-observations.ts';
import { MailRounds, releaseMail } from './two-copies-mail.ts';
import { violations as publicationViolations } from './publication-check.ts';
import { observePublication } from './publication-observations.ts';
import { violations as runViolations } from './run-check.ts';
import { observeRuns } from './run-observations.ts';
import { runPlans, RunRounds } from './run-rounds.ts';
import { recordStream, type StreamRecorder } from './stream-recorder.ts';
import { faultsOfProcesses, inflict } from './two-copies-faults.ts';
import { BEHIND_MS, startTwoCopies, type TwoCopies } from './two-copies-product.ts';

/**
 * FAULTS=300 inflicts as many, SEED=n (or `--seed n`) the same ones in the same order, KINDS='disk|kill' only those with
 * such names.
 */
const FAULTS = Number(process.env['FAULTS'] ?? 6);
const isLong = FAULTS > 20;
const tells = process.env['FAULTS'] !== undefined;
const kinds = new RegExp(process.env['KINDS'] ?? '');
const PLAYERS = 8;
const AGENTS = ['gardener', 'clerk', 'courier', 'cook'];
/** Autonomous missions that wait for their agents: more would only lengthen the end. */
const BACKLOG = 24;

describe('two copies of each service, and random faults', function () {
  this.timeout(240_000 + FAULTS * 60_000);
  let copies: TwoCopies;
  let stream: StreamRecorder | undefined;

  before(async () => {
    copies = await startTwoCopies({ megabytes: isLong ? 2_048 : 448 });
    if (!copies.disks.postgres)
      console.error(
        '\n  !!! NO FULL DISKS in these tests: only root can mount the small file systems that are filled.\n',
      );
  });
  afterEach(function () {
    if (this.currentTest?.state === 'failed') console.error(copies?.product.logs());
  });
  after(async () => {
    await stream?.close();
    await copies?.close();
  });

  it(`nothing is lost, doubled, early, stuck or out of order after ${FAULTS} faults`, async () => {
    const { servers, database, product, links, disks, receiver } = copies;
    const { adminUrl } = database;
    const api = new Api(product);
    const headers = { authorization: `Bearer ${product.secret}`, 'x-customer-id': api.customer, 'x-user-id': 'ada' };
    stream = await recordStream({ origin: product.origin, headers, behindMs: BEHIND_MS });
    const [rounds, mails, runs] = [new Rounds(api), new MailRounds(api, copies), new RunRounds(api)];
    const courses = [
      ...plans.map((plan) => () => rounds.play(plan)),
      ...runPlans.map((plan) => () => (runs.backlog < BACKLOG ? runs.play(plan) : rounds.play('answer'))),
      () => mails.play(),
    ];
    let begun = 0;
    let over = false;
    const player = async (): Promise<void> => {
      while (!over) await courses[begun++ % courses.length]?.();
    };
    const working = Promise.all(AGENTS.map((agent) => runs.work(agent)));
    const playing = Promise.all(Array.from({ length: PLAYERS }, player));
    const stopped = Promise.all([working, playing]);

    const programs = [...(Object.keys(product.seconds) as (keyof typeof product.seconds)[]), 'gateway' as const]
      .flatMap((name) => [product[name], product.seconds[name]])
      .filter((one) => one !== undefined);
    const all = [...faultsOfProcesses, ...faultsOfLinks, ...faultsOfStreams];
    if (disks.postgres && disks.nats) all.push(...faultsOfDisks);
    const faults = all.filter(({ name }) => kinds.test(name));
    const deaths: string[] = [];
    const after = async (done: string): Promise<void> => {
      await releaseMail(adminUrl);
      for (const one of programs.filter(({ running }) => !running)) {
        deaths.push(`${one.name} ended with ${(await one.exited).code} by itself after ${done}`);
        await one.start();
      }
      if (tells) console.log(`${new Date().toISOString()} ${done}, ${begun} rounds`);
    };
    const around = { programs, links, servers, disks, adminUrl, begun: () => begun };
    const inflicting = inflict({ count: FAULTS, faults, around, next: random('faults'), after });
    const done = await Promise.race([inflicting, stopped.then(() => [] as string[])]);
    over = true;
    await playing;
    const allRan = await holdsWithin(120_000, () => runs.backlog === 0);
    runs.stop();
    await working;
    await releaseMail(adminUrl);
    const isQuiet = await holdsWithin(60_000, () => isSettled(adminUrl));

    const published = await observePublication(servers, adminUrl, stream);
    const found = [
      ...deaths,
      ...inputRequestViolations(await observe(adminUrl, rounds.played)),
      ...mailViolations(await observeMail({ rows: mails.rows, receiver }, mails.written)),
      ...runViolations(await observeRuns(adminUrl, runs)),
      ...publicationViolations(published),
      ...disorder({ stream: published.ordered }),
    ];
    const missions = rounds.played.length + mails.written.length + runs.missions.length;
    console.log(
      `${missions} missions (${mails.written.length} with mail, ${runs.missions.length} autonomous), ` +
        `${published.history.length} history entries, ${published.committed.length} events, ` +
        `${done.length} faults, ${found.length} violations`,
    );
    // The difference that an assertion shows leaves most of a long list out.
    for (const violation of found) console.error(violation);
    expect(found, `after ${done.join(', ')}`).to.deep.equal([]);
    expect(allRan, `all autonomous missions are done, after ${done.join(', ')}`).to.equal(true);
    expect(isQuiet, `nothing is under way after a minute, after ${done.join(', ')}`).to.equal(true);
  });
});
