import { randomUUID } from 'node:crypto';
import { expect } from 'chai';
import { freePort } from '@missions/deploy/dev-servers/ports.ts';
import { type Product, type ServiceName, serviceNames, startProduct } from '@missions/test-support/product.ts';
import type { Program } from '@missions/test-support/program.ts';
import { repetitions } from '@missions/test-support/repetitions.ts';
import { holdsWithin, waitUntil } from '@missions/test-support/wait-until.ts';
import { type MailReceiver, startMailReceiver } from '../mail/receiver.ts';
import { type Balancer, startBalancer } from './balancer.ts';
import { ClientRounds } from './client-rounds.ts';
import { type ClusterServers, startClusterServers } from './cluster-servers.ts';
import { disorder } from './delivery-check.ts';
import { violations as inputRequestViolations } from './input-request-check.ts';
import { isSettled, observe } from './input-request-observations.ts';
import { violations as mailViolations } from './mail-check.ts';
import { observe as observeMail } from './mail-observations.ts';
import { Patience } from './patience.ts';
import { violations as publicationViolations } from './publication-check.ts';
import { isHeard, observePublication } from './publication-observations.ts';
import { violations as runViolations } from './run-check.ts';
import { observeRuns } from './run-observations.ts';
import { recordStream, type StreamRecorder } from './stream-recorder.ts';
import { ask } from './superuser.ts';
import { releaseMail } from './two-copies-mail.ts';

const PLAYERS = 3;
const AGENTS = ['gardener', 'clerk'];
/** Rounds that are played while a process is away, and so many again after it has come back. */
const ROUNDS = 3;
/**
 * So often each process is killed and restarted in order. A start takes seconds, so usually it is one copy of each
 * service, the NATS server that leads, and the gateway in order.
 */
const TURNS = repetitions(1, 3);
const isLong = TURNS > 1;

interface Victim {
  readonly name: string;
  kill(): Promise<unknown>;
  stop(): Promise<unknown>;
  start(): Promise<void>;
}

describe('two copies of each service and three NATS servers with TLS, while one after another goes away', function () {
  this.timeout(300_000 * TURNS);
  const customer = `customer-${randomUUID()}`;
  const patience = new Patience();
  const stops: (() => unknown)[] = [];
  const keep = <T>(one: T, stop: (one: T) => unknown): T => {
    stops.push(() => stop(one));
    return one;
  };
  let servers: ClusterServers;
  let receiver: MailReceiver;
  let product: Product;
  let balancer: Balancer;
  let rounds: ClientRounds;
  let stream: StreamRecorder;
  let over = false;
  let playing: Promise<unknown>;
  let working: Promise<unknown>;

  before(async () => {
    [servers, receiver] = await Promise.all([startClusterServers(), startMailReceiver()]);
    keep(servers, (one) => one.stop());
    keep(receiver, (one) => one.close());
    const secondSmtpPort = await freePort();
    const own: Partial<Record<ServiceName, Record<string, string>>> = {};
    const second: Partial<Record<ServiceName, Record<string, string>>> = {};
    for (const name of serviceNames) {
      own[name] = { NATS_CA_FILE: servers.caFile, ...(name === 'email-bridge' && { SMTP_URL: receiver.url }) };
      second[name] = name === 'email-bridge' ? { INBOUND_SMTP_PORT: String(secondSmtpPort) } : {};
    }
    const { database, urlFor } = servers;
    product = keep(await startProduct({ database, natsUrlFor: urlFor, env: own, second }), (one) => one.stop());
    balancer = keep(await startBalancer([product.gateway.port, secondOf('gateway').port]), (one) => one.close());
    const { secret, smtpPort } = product;
    const { origin } = balancer;
    const headers = { authorization: `Bearer ${secret}`, 'x-customer-id': customer, 'x-user-id': 'ada' };
    stream = keep(await recordStream({ origin, headers, behindMs: 0 }), (one) => one.close());
    rounds = new ClientRounds({ origin, secret, customer, receiver, smtpPorts: [smtpPort, secondSmtpPort] }, patience);
    const player = async (): Promise<void> => {
      while (!over) await rounds.play();
    };
    playing = Promise.all(Array.from({ length: PLAYERS }, player));
    working = Promise.all(AGENTS.map((agent) => rounds.work(agent)));
    await goOn(ROUNDS);
  });
  afterEach(function () {
    if (this.currentTest?.state === 'failed') console.error(product?.logs());
  });
  after(async () => {
    over = true;
    rounds?.stop();
    for (const stop of stops.toReversed()) await stop();
  });

  const secondOf = (name: ServiceName): Program => product.seconds[name] as Program;

  /** Whatever is away, rounds are begun and come to their end. */
  const goOn = async (more: number): Promise<void> => {
    const wanted = rounds.played + more;
    await waitUntil(() => rounds.played >= wanted, { withinMs: 60_000, what: `${more} rounds more` });
  };

  const faultsOfServices = (): string[] =>
    [...rounds.raw].filter(([kind]) => kind.startsWith('5')).map(([kind, times]) => `${times} × ${kind}`);

  const say = (what: string, before: ReadonlyMap<string, number>): void => {
    const more = [...rounds.raw].flatMap(([kind, times]) => {
      const since = times - (before.get(kind) ?? 0);
      return since > 0 ? [`${since} × ${kind}`] : [];
    });
    console.log(`      ${what}: ${more.join('; ') || 'nothing'}`);
  };

  const inTurn = async (victims: readonly Victim[], how: 'kill' | 'stop'): Promise<void> => {
    for (const victim of victims) {
      const before = new Map(rounds.raw);
      await victim[how]();
      patience.renew();
      await goOn(ROUNDS);
      await victim.start();
      await releaseMail(servers.database.adminUrl);
      await goOn(ROUNDS);
      say(`${how} of ${victim.name}`, before);
    }
    expect(rounds.failed, 'failed calls of the typed client').to.deep.equal([]);
  };

  it('no call of the typed client fails when a process of a service is killed', async () => {
    for (let turn = 0; turn < TURNS; turn++)
      await inTurn(
        serviceNames.map((name) => (turn % 2 === 0 ? secondOf(name) : product[name])),
        'kill',
      );
  });

  it('no call of the typed client fails when a NATS server is killed, the leader first', async () => {
    for (let turn = 0; turn < TURNS; turn++) {
      const leader = await servers.leader();
      await inTurn([leader, ...servers.nats.filter((one) => isLong && one !== leader)], 'kill');
    }
  });

  it('no call of the typed client fails in rolling restarts, and none of them meets a 5xx of a service', async () => {
    const inOrder = (program: Program): Victim => ({
      name: program.name,
      kill: () => program.kill(),
      stop: async () => {
        balancer.takeOut(program.port);
        await program.stop();
      },
      start: async () => {
        await program.start();
        balancer.putIn(program.port);
      },
    });
    const before = faultsOfServices();
    for (let turn = 0; turn < TURNS; turn++)
      await inTurn(
        (isLong ? serviceNames : (['gateway'] as const)).map((name) => inOrder(product[name])),
        'stop',
      );
    expect(faultsOfServices()).to.deep.equal(before);
    if (isLong) await inTurn(servers.nats, 'stop');
  });

  it('nothing is lost, doubled, stuck or out of order', async () => {
    const { adminUrl } = servers.database;
    over = true;
    await playing;
    const allRan = await holdsWithin(90_000, () => rounds.backlog === 0);
    rounds.stop();
    await working;
    await releaseMail(adminUrl);
    const isQuiet = await holdsWithin(90_000, async () => (await isSettled(adminUrl)) && (await isHeard(servers)));
    const published = await observePublication(servers, adminUrl, stream);
    const rows = <Row = any>(sql: string): Promise<Row[]> => ask<Row>(adminUrl, sql);
    const runs = { missions: rounds.missions, grants: rounds.grants, writes: rounds.writes };
    const found = [
      ...inputRequestViolations(await observe(adminUrl, rounds.asked)),
      ...mailViolations(await observeMail({ rows, receiver }, rounds.written)),
      ...runViolations(await observeRuns(adminUrl, runs)),
      ...publicationViolations(published),
      ...disorder({ stream: published.ordered }),
    ];
    const [{ made } = { made: 0 }] = await rows<{ made: number }>('select count(*)::int as made from mission.mission');
    const missions = rounds.asked.length + rounds.written.length + rounds.missions.length;
    console.log(
      `      ${rounds.calls} calls, ${missions} missions (${rounds.written.length} with mail, ${rounds.missions.length} ` +
        `autonomous), ${published.committed.length} events`,
    );
    expect(found).to.deep.equal([]);
    expect(rounds.failed, 'failed calls of the typed client').to.deep.equal([]);
    expect(made, 'missions, each created once').to.equal(missions);
    expect([allRan, isQuiet], 'all runs are done, and nothing is under way').to.deep.equal([true, true]);
  });
});
