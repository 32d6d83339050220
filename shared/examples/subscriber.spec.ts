import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { connect } from 'nats';
import { Client } from 'pg';
import { connectAdmin, PROVISIONER } from '@missions/messaging/admin/admin-connection.ts';
import { eventHeaders } from '@missions/messaging/cloudevents.ts';
import { sampleEvent } from '@missions/messaging/testing/sample-event.ts';
import { type DeployedServers, OBSERVER, startDeployedServers } from '@missions/test-support/deployed-servers.ts';
import { waitUntil } from '@missions/test-support/wait-until.ts';

const LONG = process.env['LONG'] === '1';
const [EVENTS, KILLS] = LONG ? [10_000, 50] : [400, 4];
const MISSIONS = 50;
const service = fileURLToPath(new URL('subscriber/service.ts', import.meta.url));

/** `LONG=1` passes 10,000 events, and kills 50 times. */
describe('the example of a service that subscribes', () => {
  let servers: DeployedServers;
  let db: Client;
  let env: NodeJS.ProcessEnv;
  const copies: ChildProcess[] = [];
  const subscribed = new Set<ChildProcess>();
  let said = '';

  function start(): ChildProcess {
    const child = spawn(process.execPath, [service], { env, stdio: ['ignore', 'pipe', 'pipe'] });
    for (const stream of [child.stdout, child.stderr])
      stream?.setEncoding('utf8').on('data', (text: string) => {
        said = `${said}${text}`.slice(-4_000);
        if (text.includes('subscribed')) subscribed.add(child);
      });
    copies.push(child);
    return child;
  }
  const count = async (sql: string): Promise<number> => Number((await db.query(sql)).rows[0]?.count ?? 0);
  const handled = () => count('select count(*) from handled').catch(() => 0);
  const mission = (at: number) => `0190163d-8694-739b-aea5-${String(at % MISSIONS).padStart(12, '0')}`;

  before(async () => {
    servers = await startDeployedServers({ subscribers: ['billing'] });
    const admin = await connectAdmin(servers.natsUrlFor(PROVISIONER));
    await admin.provision({ mirrors: true });
    await admin.close();
    const database = await servers.freshDatabase();
    const url = database.urlFor('mission');
    env = { ...process.env, EVENTS_URL: servers.natsUrlFor('billing'), DATABASE_URL: url };
    db = new Client({ connectionString: url });
    await db.connect();
  });
  after(async () => {
    for (const copy of copies) copy.kill('SIGKILL');
    await db?.end();
    await servers?.stop();
  });

  it(`keeps its table exact and in order with two copies, of which one is killed ${KILLS} times`, async function () {
    if (LONG) this.timeout(900_000);
    const nc = await connect({ servers: servers.natsUrl, user: OBSERVER, pass: 'test' });
    const js = nc.jetstream();
    for (let at = 0; at < EVENTS; at += 100)
      for (let each = at; each < at + 100; each++) {
        const event = { ...sampleEvent({ type: 'mission.updated' }), mission_id: mission(each), version: each + 1 };
        const published = js.publish('mission.updated', '{}', { headers: eventHeaders(event) });
        if (each % 100 === 99) await published;
      }
    start();
    let victim = start();
    for (let kill = 1; kill <= KILLS; kill++) {
      const due = Math.floor((EVENTS * kill) / (KILLS + 1));
      await waitUntil(async () => (await handled()) >= due, { what: `${due} events`, withinMs: 60_000, everyMs: 5 });
      const gone = once(victim, 'exit');
      victim.kill('SIGKILL');
      await gone;
      victim = start();
    }
    await waitUntil(async () => (await handled()) >= EVENTS, { what: 'all events', withinMs: 60_000 }).catch(
      (error: Error) => {
        throw new Error(`${error.message}\n${said}`);
      },
    );
    const { rows } = await db.query(
      'select count(*)::int missions, sum(events)::int events, sum(out_of_order)::int wrong, min(events)::int least, ' +
        'max(events)::int most from missions',
    );
    const each = EVENTS / MISSIONS;
    expect(rows[0]).to.deep.equal({ missions: MISSIONS, events: EVENTS, wrong: 0, least: each, most: each });
    await nc.close();
  });

  it('ends in good order when it is told to', async () => {
    const running = copies.filter(({ exitCode, signalCode }) => exitCode === null && signalCode === null);
    expect(running).to.have.length(2);
    await waitUntil(() => running.every((copy) => subscribed.has(copy)), { what: 'both copies to have begun' });
    const ends = running.map((copy) => once(copy, 'exit'));
    for (const copy of running) copy.kill('SIGTERM');
    for (const end of ends) expect(await end).to.deep.equal([0, null]);
  });
});
