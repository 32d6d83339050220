import { expect } from 'chai';
import { Client } from 'pg';
import { VirtualClock } from '@missions/runtime/clock.ts';
import { Api } from '@missions/testing/api.ts';
import { type DeployedServers, startDeployedServers } from '@missions/testing/deployed-servers.ts';
import { type Product, startProduct } from '@missions/testing/product.ts';
import type { TestDatabase } from '@missions/testing/test-database.ts';
import { waitUntil } from '@missions/testing/wait-until.ts';
import { startInProcess } from './in-process.ts';
import { Person } from './person.ts';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;

/** Every step is a timer of the scheduler's, kept from the mission's own events. */
describe('the life of a mission, through all services', function () {
  this.timeout(60_000);
  const clock = new VirtualClock(new Date('2027-03-01T12:00:00.000Z'));
  const stops: (() => Promise<unknown>)[] = [];
  let servers: DeployedServers;
  let database: TestDatabase;
  let gateway: Product;
  let sql: Client;
  let api: Api;
  let ada: Person;

  before(async () => {
    servers = await startDeployedServers();
    stops.push(() => servers.stop());
    database = await servers.freshDatabase();
    stops.push(await startInProcess({ servers, database, clock }));
    gateway = await startProduct({ database, natsUrlFor: servers.natsUrlFor, only: ['gateway'] });
    stops.push(() => gateway.stop());
    sql = new Client({ connectionString: database.adminUrl });
    await sql.connect();
    stops.push(() => sql.end());
    api = new Api(gateway);
    ada = new Person(api);
  });
  after(async () => {
    for (const stop of stops.toReversed()) await stop();
  });

  const rows = async (text: string, id: string): Promise<any> => (await sql.query(text, [id])).rows[0];
  /** The scheduler has heard of the mission's next deadline. */
  const isTimed = (id: string, at: Date) =>
    waitUntil(async () => (await rows("select fire_at from scheduler.timer where key = 'life:' || $1 and cancelled_at is null", id))?.fire_at.getTime() === at.getTime(), { withinMs: 10_000, what: 'the timer' });
  const jumpTo = async (id: string, at: Date): Promise<void> => {
    await isTimed(id, at);
    clock.set(at);
  };
  const read = (id: string) => api.get(`missions/${id}`);
  const becomes = (id: string, holds: (answer: { status: number; body: any }) => boolean) => waitUntil(async () => holds(await read(id)), { withinMs: 10_000, what: 'the mission' });

  it('is noticed at 168 h, hidden at 192 h, restorable 29 days after that, and erased everywhere 31 days after', async () => {
    const [kept, lost] = [await api.mission({ tasks: [{ title: 'one' }] }), await api.mission({ tasks: [{ title: 'one' }] })];
    const asked = await api.post(`missions/${lost.id}/input-requests`, { prompt: 'Still there?', expires_in_hours: 1 });
    expect(asked.status).to.equal(201);
    const began = clock.now().getTime();
    for (const { id } of [kept, lost]) await isTimed(id, new Date(began + 168 * HOUR));
    clock.set(new Date(began + 168 * HOUR));
    for (const { id } of [kept, lost]) {
      await becomes(id, ({ body }) => body.stale_notified_at !== null && body.needs_attention);
      await isTimed(id, new Date(began + 192 * HOUR));
    }
    clock.set(new Date(began + 192 * HOUR));
    for (const { id } of [kept, lost]) {
      await becomes(id, ({ status }) => status === 404);
      await isTimed(id, new Date(began + 192 * HOUR + 30 * DAY));
    }
    expect((await api.get('missions?user_id=ada')).body.missions).to.deep.equal([]);

    clock.set(new Date(began + 192 * HOUR + 29 * DAY));
    expect((await ada.control(kept.id, 'restore')).body).to.include({ status: 'paused' });
    clock.set(new Date(began + 192 * HOUR + 31 * DAY));
    const held = `select (select count(*) from mission.mission where id = $1)::int + (select count(*) from mission.task where mission_id = $1)::int + (select count(*) from mission.mission_event where mission_id = $1)::int
      + (select count(*) from mission.blocker where mission_id = $1)::int + (select count(*) from approval.input_request where mission_id = $1)::int
      + (select count(*) from scheduler.timer where mission_id = $1::text)::int as n`;
    await waitUntil(async () => (await rows(held, lost.id)).n === 0, { withinMs: 15_000, what: 'nothing of it' });
    expect((await read(kept.id)).body.status).to.equal('paused');
    expect((await ada.control(lost.id, 'restore')).body.code).to.equal('MISSION_NOT_FOUND');
  });

  it('is not stale while a question of fourteen days stands', async () => {
    const { id } = await api.mission({});
    await api.post(`missions/${id}/input-requests`, { prompt: 'Take your time', expires_in_hours: 14 * 24 });
    const began = clock.now().getTime();
    await isTimed(id, new Date(began + 14 * DAY));
    clock.set(new Date(began + 169 * HOUR));
    // Something that is due by then goes the same way, and comes through.
    const probe = await api.mission({ max_lifetime_hours: 1 });
    await jumpTo(probe.id, new Date(clock.now().getTime() + HOUR));
    await becomes(probe.id, ({ body }) => body.stale_notified_at !== null);
    expect((await read(id)).body.stale_notified_at).to.equal(null);
  });

  it('begins anew with an engagement of its user', async () => {
    const { id } = await api.mission({});
    const began = clock.now().getTime();
    await isTimed(id, new Date(began + 168 * HOUR));
    clock.set(new Date(began + 167 * HOUR));
    await api.post(`missions/${id}/events`, { event_type: 'user_message', content: 'I am still here' });
    await isTimed(id, new Date(began + (167 + 168) * HOUR));
  });
});
