import { inspect } from 'node:util';
import { expect } from 'chai';
import { Api } from '@missions/test-support/api.ts';
import { random } from '@missions/test-support/random.ts';
import { holdsWithin } from '@missions/test-support/wait-until.ts';
import { signedIn } from '../contract/gateway/signed-in.ts';
import { disorder } from './delivery-check.ts';
import { faultsOfLinks } from './faults-of-links.ts';
import { faultsOfDisks, faultsOfStreams } from './faults-of-stores.ts';
import { violations as inputRequestViolations } from './input-request-check.ts';
import { isSettled, observe } from './input-request-observations.ts';
import { plans, Rounds } from './input-request-rounds.ts';
import { violations as mailViolations } from './mail-check.ts';
import { observe as observeMail } from './mail-observations.ts';
import { MailRounds, releaseMail } from './two-copies-mail.ts';
import { Patience } from './patience.ts';
import { violations as publicationViolations } from './publication-check.ts';
import { isHeard, observePublication } from './publication-observations.ts';
import { violations as runViolations } from './run-check.ts';
import { observeRuns } from './run-observations.ts';
import { runPlans, RunRounds } from './run-rounds.ts';
import { recordStream, type StreamRecorder } from './stream-recorder.ts';
import { Switches } from './switches.ts';
import { violations as toolViolations } from './tool-check.ts';
import { observeTools } from './tool-observations.ts';
import { ToolRounds } from './tool-rounds.ts';
import { faultsOfProcesses, inflict } from './two-copies-faults.ts';
import { BEHIND_MS, OPERATOR, startTwoCopies, type TwoCopies } from './two-copies-product.ts';

/**
 * FAULTS=300 inflicts as many, SEED=n (or `--seed n`) the same ones in the same order, KINDS='disk|kill' only those with
 * such names, MISSIONS=10000 over so many missions.
 */
const FAULTS = Number(process.env['FAULTS'] ?? 6);
const ROUNDS_BETWEEN = Math.max(3, Math.ceil(Number(process.env['MISSIONS'] ?? 0) / FAULTS));
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
    const patience = new Patience();
    const { customer, user } = OPERATOR;
    const operator = await signedIn(customer, user, product.origin, database.urlFor('gateway'));
    const switches = new Switches(api, operator.headers, patience);
    const [rounds, mails] = [new Rounds(api, patience), new MailRounds(api, copies, patience)];
    const [runs, tools] = [new RunRounds(api, switches, patience), new ToolRounds(api, patience)];
    const courses = [
      ...plans.map((plan) => () => rounds.play(plan)),
      ...runPlans.map((plan) => () => (runs.backlog < BACKLOG ? runs.play(plan) : rounds.play('answer'))),
      () => mails.play(),
      () => tools.play(),
    ];
    let begun = 0;
    let over = false;
    // What a caller met that should not be: it is reported beside what was found, and ends nothing.
    const met: string[] = [];
    const meet = (error: unknown): void => void met.push(inspect(error, { breakLength: Infinity }));
    const player = async (): Promise<void> => {
      while (!over) await courses[begun++ % courses.length]?.().catch(meet);
    };
    const agent = async (name: string): Promise<void> => {
      while (!runs.isStopped) await runs.work(name).catch(meet);
    };
    const working = Promise.all(AGENTS.map(agent));
    const playing = Promise.all(Array.from({ length: PLAYERS }, player));

    const programs = [...(Object.keys(product.seconds) as (keyof typeof product.seconds)[]), 'gateway' as const]
      .flatMap((name) => [product[name], product.seconds[name]])
      .filter((one) => one !== undefined);
    const all = [...faultsOfProcesses, ...faultsOfLinks, ...faultsOfStreams];
    if (disks.postgres && disks.nats) all.push(...faultsOfDisks);
    const faults = all.filter(({ name }) => kinds.test(name));
    const deaths: string[] = [];
    const after = async (done: string): Promise<void> => {
      patience.renew();
      await releaseMail(adminUrl);
      for (const one of programs.filter(({ running }) => !running)) {
        deaths.push(`${one.name} ended with ${(await one.exited).code} by itself after ${done}`);
        await one.start();
      }
      if (tells) console.log(`${new Date().toISOString()} ${done}, ${begun} rounds`);
    };
    const around = { programs, links, servers, disks, adminUrl, begun: () => begun };
    const done: string[] = [];
    const next = random('faults');
    await inflict({ count: FAULTS, faults, around, next, after, rounds: ROUNDS_BETWEEN, done }).catch(meet);
    over = true;
    await playing;
    const allRan = await holdsWithin(120_000, () => runs.backlog === 0);
    runs.stop();
    await working;
    await releaseMail(adminUrl);
    const isQuiet = await holdsWithin(90_000, async () => (await isSettled(adminUrl)) && (await isHeard(servers)));

    const published = await observePublication(servers, adminUrl, stream);
    const found = [
      ...deaths,
      ...met,
      ...inputRequestViolations(await observe(adminUrl, rounds.played)),
      ...mailViolations(await observeMail({ rows: mails.rows, receiver }, mails.written)),
      ...runViolations(await observeRuns(adminUrl, runs)),
      ...toolViolations(await observeTools(mails.rows, tools)),
      ...publicationViolations(published),
      ...disorder({ stream: published.ordered }),
    ];
    const missions = rounds.played.length + mails.written.length + runs.missions.length + tools.missions.length;
    const calls = [...tools.answered.values()].reduce((sum, times) => sum + times, 0);
    const unknown = tools.writes.filter(({ outcome }) => outcome === 'unknown').length;
    console.log(
      `${missions} missions (${mails.written.length} with mail, ${runs.missions.length} autonomous, ` +
        `${switches.count} switched off, ${tools.missions.length} by ${calls} MCP calls, ${unknown} of unknown outcome), ` +
        `${published.history.length} history entries, ${published.committed.length} events, ` +
        `${done.length} faults, ${found.length} violations`,
    );
    // The difference that an assertion shows leaves most of a long list out.
    for (const violation of found) console.error(violation);
    expect(found, `after ${done.join(', ')}`).to.deep.equal([]);
    expect([switches.count, calls], 'kill switches and MCP calls').to.satisfy(([one, other]: number[]) => one && other);
    expect(allRan, `all autonomous missions are done, after ${done.join(', ')}`).to.equal(true);
    expect(isQuiet, `nothing is under way after a minute and a half, after ${done.join(', ')}`).to.equal(true);
  });
});
