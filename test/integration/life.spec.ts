import { expect } from 'chai';
import { Client } from 'pg';
import { missionErased } from '@missions/contracts/mission/changes.ts';
import { VirtualClock } from '@missions/runtime/clock.ts';
import { Api } from '@missions/test-support/api.ts';
import { type DeployedServers, startDeployedServers } from '@missions/test-support/deployed-servers.ts';
import { type Product, startProduct } from '@missions/test-support/product.ts';
import type { TestDatabase } from '@missions/test-support/test-database.ts';
import { waitUntil } from '@missions/test-support/wait-until.ts';
import { answer } from '../mail/messages.ts';
import { postToWebhook, INBOUND_SECRET } from '../mail/webhook.ts';
import { startInProcess } from './in-process.ts';
import { SimulatedUser } from './simulated-user.ts';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;

/** Each step of a mission's life is a timer that the scheduler sets from the mission's events. */
describe('the life of a mission in all services', () => {
  const clock = new VirtualClock(new Date('2027-03-01T12:00:00.000Z'));
  const stops: (() => Promise<unknown>)[] = [];
  let servers: DeployedServers;
  let database: TestDatabase;
  let gateway: Product;
  let sql: Client;
  let api: Api;
  let ada: SimulatedUser;

  before(async () => {
    servers = await startDeployedServers();
    stops.push(() => servers.stop());
    database = await servers.freshDatabase();
    stops.push(await startInProcess({ servers, database, clock }));
    gateway = await startProduct({
      database,
      natsUrlFor: servers.natsUrlFor,
      only: ['gateway'],
      env: { gateway: { INBOUND_EMAIL_SECRET: INBOUND_SECRET } },
    });
    stops.push(() => gateway.stop());
    sql = new Client({ connectionString: database.adminUrl });
    await sql.connect();
    stops.push(() => sql.end());
    api = new Api(gateway);
    ada = new SimulatedUser(api);
  });
  after(async () => {
    for (const stop of stops.toReversed()) await stop();
  });

  const rows = async (text: string, ...ids: string[]): Promise<any> => (await sql.query(text, ids)).rows[0];
  /** Resolves when the scheduler has stored the mission's next deadline. */
  const isTimed = (id: string, at: Date) =>
    waitUntil(
      async () =>
        (
          await rows("select fire_at from scheduler.timer where key = 'life:' || $1 and cancelled_at is null", id)
        )?.fire_at.getTime() === at.getTime(),
      { what: 'the timer' },
    );
  const jumpTo = async (id: string, at: Date): Promise<void> => {
    await isTimed(id, at);
    clock.set(at);
  };
  /**
   * Numbers of rows of the mission and its e-mail in each table of each service with a mission's or an e-mail's id,
   * outboxes included.
   */
  const held = async (id: string, emailId: string): Promise<Record<string, number>> => {
    const tables = { 'mission.mission': 'id = $1', 'scheduler.watched_mission': 'mission_id = $1 and not erased' };
    const others = [
      'mission.task',
      'mission.mission_event',
      'mission.blocker',
      'approval.input_request',
      'scheduler.run',
      'email_bridge.email',
    ].map((table) => [table, 'mission_id = $1']);
    const ofMail = ['email_bridge.message', 'email_bridge.reply'].map((table) => [table, 'email_id = $2']);
    const events = ['mission', 'approval', 'scheduler', 'email_bridge'].map((service) => [
      `${service}.outbox`,
      `mission_id = $1::text and type <> '${missionErased}'`,
    ]);
    const counts = [
      ...Object.entries(tables),
      ...others,
      ...ofMail,
      ['scheduler.timer', 'mission_id = $1::text'],
      ...events,
    ];
    return rows(
      `select ${counts.map(([table, condition]) => `(select count(*) from ${table} where ${condition})::int as "${table}"`).join(', ')} from (select $1::uuid, $2::uuid) as it`,
      id,
      emailId,
    );
  };
  /** The non-empty columns of the tombstones that remain of an erased mission, and the number of its erasure events. */
  const tombstones = (id: string): Promise<Record<string, unknown>> => {
    const filled = (table: string, key: string) =>
      `(select json_agg(k order by k) from ${table} t, json_each_text(row_to_json(t)) as e(k, v) where t.${key} = $1 and v <> '')`;
    return rows(
      `select ${filled('mission.erased_mission', 'id')} as mission, ${filled('approval.erased_mission', 'id')} as approval, ${filled('email_bridge.erased_mission', 'id')} as email_bridge, ${filled('scheduler.watched_mission', 'mission_id')} as scheduler,
              (select count(*) from mission.outbox where mission_id = $1::text and type = '${missionErased}')::int as events`,
      id,
    );
  };
  const read = (id: string) => api.get(`missions/${id}`);
  const becomes = (id: string, holds: (answer: { status: number; body: any }) => boolean) =>
    waitUntil(async () => holds(await read(id)), { what: 'the mission' });

  it('a silent mission is stale at 168 h, deleted at 240 h, restorable 29 days later, erased 31 days later', async () => {
    const [restored, erased] = [
      await api.mission({ tasks: [{ title: 'one' }] }),
      await api.mission({ tasks: [{ title: 'one' }], can_run_autonomously: true }),
    ];
    const asked = await api.post(`missions/${erased.id}/input-requests`, {
      prompt: 'Still there?',
      expires_in_hours: 1,
    });
    expect(asked.status).to.equal(201);
    const { body: mail } = await api.post('emails', {
      user_id: 'ada',
      mission_id: erased.id,
      to: ['sarah@example.com', 'john@example.org'],
      subject: 'Still there?',
      body: 'Are you?',
      expect_reply: true,
      expires_in_hours: 1,
    });
    expect((await postToWebhook(api, answer(mail, 'sarah@example.com', 'I am'))).status).to.equal(200);
    const began = clock.now().getTime();
    for (const { id } of [restored, erased]) await isTimed(id, new Date(began + 168 * HOUR));
    clock.set(new Date(began + 168 * HOUR));
    for (const { id } of [restored, erased]) {
      await becomes(id, ({ body }) => body.stale_notified_at !== null && body.needs_attention);
      await isTimed(id, new Date(began + 240 * HOUR));
    }
    clock.set(new Date(began + 240 * HOUR));
    for (const { id } of [restored, erased]) {
      await becomes(id, ({ status }) => status === 404);
      await isTimed(id, new Date(began + 240 * HOUR + 30 * DAY));
    }
    expect((await api.get('missions?user_id=ada')).body.missions).to.deep.equal([]);

    clock.set(new Date(began + 240 * HOUR + 29 * DAY));
    expect((await ada.control(restored.id, 'restore')).body).to.include({ status: 'paused' });
    // Each table has rows to erase.
    const deleted = await held(erased.id, mail.id);
    expect(
      Object.entries(deleted)
        .filter(([, count]) => count === 0)
        .map(([table]) => table),
    ).to.deep.equal([]);
    clock.set(new Date(began + 240 * HOUR + 31 * DAY));
    const nothing = JSON.stringify(Object.fromEntries(Object.keys(deleted).map((table) => [table, 0])));
    await waitUntil(async () => JSON.stringify(await held(erased.id, mail.id)) === nothing, {
      what: 'the erasure of every row',
    });
    expect(await tombstones(erased.id)).to.deep.equal({
      mission: ['customer_id', 'erased_at', 'id'],
      approval: ['customer_id', 'erased_at', 'id'],
      email_bridge: ['customer_id', 'erased_at', 'id'],
      // The counters remain, and no customer or user.
      scheduler: [
        ...['attempt', 'budget_revision', 'erased', 'failures', 'idle', 'mission_id', 'next_reason', 'priority'],
        ...['runnable', 'seen_version', 'version', 'woken_version'],
      ],
      events: 1,
    });
    expect((await read(restored.id)).body.status).to.equal('paused');
    expect((await ada.control(erased.id, 'restore')).body.code).to.equal('MISSION_NOT_FOUND');
  });

  it('a mission is not stale while an input request of fourteen days is pending', async () => {
    const { id } = await api.mission({});
    await api.post(`missions/${id}/input-requests`, { prompt: 'Take your time', expires_in_hours: 14 * 24 });
    const began = clock.now().getTime();
    await isTimed(id, new Date(began + 14 * DAY));
    clock.set(new Date(began + 169 * HOUR));
    // A later timer of the same kind has fired, so an earlier one would have fired before.
    const probe = await api.mission({ max_lifetime_hours: 1 });
    await jumpTo(probe.id, new Date(clock.now().getTime() + HOUR));
    await becomes(probe.id, ({ body }) => body.stale_notified_at !== null);
    expect((await read(id)).body.stale_notified_at).to.equal(null);
  });

  it('a mission that waits fourteen days for a reply is stale after the wait, and not before', async () => {
    const { id } = await api.mission({});
    const began = clock.now().getTime();
    const { status, text } = await api.post('emails', {
      user_id: 'ada',
      mission_id: id,
      to: ['sarah@example.com'],
      subject: 'Take your time',
      body: 'When?',
      expect_reply: true,
      expires_in_hours: 14 * 24,
    });
    expect(status, text).to.equal(201);
    await isTimed(id, new Date(began + 14 * DAY));
    clock.set(new Date(began + 169 * HOUR));
    const probe = await api.mission({ max_lifetime_hours: 1 });
    await jumpTo(probe.id, new Date(clock.now().getTime() + HOUR));
    await becomes(probe.id, ({ body }) => body.stale_notified_at !== null);
    expect((await read(id)).body).to.include({ status: 'waiting', stale_notified_at: null });
    clock.set(new Date(began + 14 * DAY));
    await becomes(id, ({ body }) => body.stale_notified_at !== null && body.blockers.length === 0);
  });

  it('an action of its user restarts the time until a mission is stale', async () => {
    const { id } = await api.mission({});
    const began = clock.now().getTime();
    await isTimed(id, new Date(began + 168 * HOUR));
    clock.set(new Date(began + 167 * HOUR));
    await api.post(`missions/${id}/events`, { event_type: 'user_message', content: 'I am still here' });
    await isTimed(id, new Date(began + (167 + 168) * HOUR));
  });
});
