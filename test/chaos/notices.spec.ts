import { mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { Client } from 'pg';
import type { EventEnvelope } from '@missions/contracts/event.ts';
import { consumers } from '@missions/contracts/consumers.ts';
import type { StreamName } from '@missions/contracts/subjects.ts';
import { PROVISIONER } from '@missions/messaging/admin/admin-connection.ts';
import { provisionConsumer } from '@missions/messaging/admin/provisioning.ts';
import { connectBus, openConnection } from '@missions/messaging/connect.ts';
import type { Bus } from '@missions/messaging/bus.ts';
import {
  T0,
  toldInQuietHours,
  toldTooLate,
  toldTwice,
  toldUnwanted,
  untold,
} from '@missions/notifier/testing/fortnight.ts';
import { createLogger } from '@missions/runtime/logger.ts';
import { type DeployedServers, OBSERVER, startDeployedServers } from '@missions/test-support/deployed-servers.ts';
import { type Product, startProduct } from '@missions/test-support/product.ts';
import { random } from '@missions/test-support/random.ts';
import { repetitions } from '@missions/test-support/repetitions.ts';
import { type MailReceiver, startMailReceiver } from '../mail/receiver.ts';
import { NoticesDue } from './notices-due.ts';
import { Patience } from './patience.ts';
import { type Arrived, eventsOf, plain, type StoredNotice, storeUser, testUser, toldUser } from './told-users.ts';

const HOUR = 3_600_000;
const USERS = repetitions(12, 200);
const HOURS = repetitions(24, 14 * 24);
const QUESTIONS = repetitions(2, 8);
const KILLS = repetitions(5, 60);

/**
 * Some days of users in twelve zones, whose notifier, e-mail bridge and NATS are killed while the clock goes on. The
 * mission and approval services are their events.
 */
describe(`${HOURS} hours of ${USERS} users, while the notifier, the bridge and NATS are killed`, function () {
  this.timeout(repetitions(600_000, 7_200_000));
  const users = Array.from({ length: USERS }, (_, user) => testUser(user, HOURS, QUESTIONS));
  const patience = new Patience();
  const logger = createLogger({ service: OBSERVER, level: 'silent' });
  const arrived: Arrived[] = [];
  let servers: DeployedServers;
  let product: Product;
  let receiver: MailReceiver;
  let sql: Client;
  let due: NoticesDue;
  let bus: Bus;
  let notices: StoredNotice[];
  let now = T0;
  let published = 0;
  const folder = mkdtempSync(join(tmpdir(), 'missions-told-'));
  const clockFile = join(folder, 'clock');

  const setClock = (at: number): void => {
    now = at;
    writeFileSync(`${clockFile}.new`, String(at));
    renameSync(`${clockFile}.new`, clockFile);
  };

  before(async () => {
    setClock(T0);
    servers = await startDeployedServers({ durable: true });
    receiver = await startMailReceiver();
    receiver.beforeAnswer = (mail) => {
      const [, messageId = ''] = /^Message-ID: (.*)\r$/im.exec(mail.raw) ?? [];
      arrived.push({ at: now, mail, messageId });
    };
    await deliverAgainSoon();
    const database = await servers.freshDatabase();
    const own = { CLOCK_FILE: clockFile };
    const script = 'test/chaos/at-told-time.ts';
    product = await startProduct({
      database,
      natsUrlFor: servers.natsUrlFor,
      only: ['notifier', 'email-bridge'],
      script: { notifier: script, 'email-bridge': script },
      env: {
        notifier: { ...own, SERVICE: 'notifier' },
        'email-bridge': { ...own, SERVICE: 'email-bridge', SMTP_URL: receiver.url },
      },
    });
    sql = new Client({ connectionString: database.adminUrl });
    await sql.connect();
    due = new NoticesDue(sql);
    bus = await connectBus({
      servers: servers.natsUrlFor(OBSERVER),
      name: OBSERVER,
      logger,
    });
    for (const user of users) await storeUser(sql, user);
    await live().catch((error: unknown) => {
      console.error(product.logs());
      throw error;
    });
  });
  after(async () => {
    await bus?.drain();
    await sql?.end();
    await product?.stop();
    await receiver?.close();
    await servers?.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  /** What a killed notifier had in hand is delivered again after that time, which is 30 s otherwise. */
  async function deliverAgainSoon(): Promise<void> {
    const options = { servers: servers.natsUrlFor(PROVISIONER), name: PROVISIONER, logger };
    const connection = await openConnection(options);
    for (const [stream, subjects] of Object.entries(consumers.notifier)) {
      const consumer = { stream: stream as StreamName, durable: 'notifier', subjects, ackWaitMs: 1_000 };
      await provisionConsumer(connection, consumer);
    }
    await connection.nc.close();
  }

  /** As the relay of a service does: until it is acknowledged, with the same id. */
  const publish = async (event: EventEnvelope): Promise<void> => {
    await patience.until(() => bus.publish(event, JSON.stringify(event.data)).then(() => true), { what: event.type });
    published += 1;
  };

  const killHolder = async (service: 'notifier' | 'email-bridge'): Promise<void> => {
    const role = service === 'notifier' ? service : 'email_bridge';
    await product[service].kill();
    // Until then PostgreSQL may still commit what it has sent.
    const isGone = async (): Promise<boolean> =>
      (await sql.query(`select from pg_stat_activity where usename = $1`, [role])).rowCount === 0;
    await patience.until(isGone, { what: `the end of ${service}'s connections` });
    await due.lose(role, now);
    await product[service].start();
  };

  const roll = random('kills of the notifier');
  const kills = [
    () => killHolder('notifier'),
    () => killHolder('email-bridge'),
    async () => {
      await servers.killNats();
      await servers.startNats();
    },
  ];

  async function live(): Promise<void> {
    const events = users
      .flatMap((user) => user.questions.flatMap((question) => eventsOf(user, question)))
      .toSorted((a, b) => a.at - b.at);
    const end = T0 + 2 * HOURS * HOUR;
    const deaths = Array.from({ length: KILLS }, () => T0 + Math.floor(roll() * HOURS) * HOUR).toSorted(
      (a, b) => a - b,
    );
    let victim = Math.floor(roll() * 3);
    for (;;) {
      const next = Math.min(events[0]?.at ?? Infinity, await due.next());
      if (next === Infinity) return;
      // From here on nobody wants a digest, so that this has an end.
      if (next > end) await sql.query('update notifier.person set digest_at = null');
      setClock(Math.max(next, now));
      const happens = events.splice(0, events.findLastIndex(({ at }) => at <= now) + 1);
      const telling = Promise.all(happens.map(({ event }) => publish(event)));
      if (deaths[0] !== undefined && deaths[0] <= now) {
        deaths.shift();
        patience.renew();
        await Promise.all([telling, kills[victim++ % kills.length]?.()]);
      }
      await telling;
      const isDone = () => due.assertDone(now, published);
      await patience.until(isDone, { everyMs: 20, what: `all that was due by ${new Date(now).toISOString()}` });
    }
  }

  const told = () => users.map((user) => toldUser(user, arrived, notices));

  it('everything that was to be sent has arrived, and is the same mail if it arrived twice', async () => {
    ({ rows: notices } = await sql.query('select id, user_id, day, status, items from notifier.notice'));
    expect(notices.filter(({ status }) => status === 'queued' || status === 'failed')).to.deep.equal([]);
    const ids = new Set(arrived.map(({ messageId }) => messageId));
    const lost = notices.filter(
      ({ id, status }) => status === 'sent' && ![...ids].some((one) => one.startsWith(`<notice.${id}@`)),
    );
    expect(lost).to.deep.equal([]);
    for (const id of ids) {
      const same = arrived.filter(({ messageId }) => messageId === id);
      expect(new Set(same.map(({ mail }) => mail.to.join())).size, id).to.equal(1);
      expect(new Set(same.map(({ mail }) => /^Subject: .*/m.exec(mail.raw)?.[0])).size, id).to.equal(1);
    }
    expect(ids.size).to.be.greaterThan(USERS);
  });

  it('no question ended without an answer whose user could be told and was not', () =>
    expect(told().flatMap(untold)).to.deep.equal([]));

  it('nothing was told twice, after a decision, or on a channel that is not wanted', () =>
    expect(told().flatMap((one) => [...toldTwice(one), ...toldTooLate(one), ...toldUnwanted(one)])).to.deep.equal([]));

  it('nothing was told in quiet hours but what ends before they do', () =>
    expect(told().flatMap(toldInQuietHours)).to.deep.equal([]));

  it('no digest is empty, and no day of a user has two', () => {
    const digests = notices.filter(({ day, status }) => day !== null && status === 'sent');
    const days = digests.map(({ user_id, day }) => `${user_id} ${day}`);
    expect(new Set(days).size).to.equal(days.length);
    expect(days.length).to.be.greaterThan(0);
    for (const { id } of digests) {
      const digest = arrived.find(({ messageId }) => messageId.startsWith(`<notice.${id}@`));
      expect(digest && plain(digest.mail), id).to.match(/mark\d+x\d+x/);
    }
  });
});
