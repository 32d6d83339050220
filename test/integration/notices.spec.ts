import { expect } from 'chai';
import { mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client } from 'pg';
import { VirtualClock } from '@missions/runtime/clock.ts';
import { Api } from '@missions/test-support/api.ts';
import { type DeployedServers, startDeployedServers } from '@missions/test-support/deployed-servers.ts';
import { type Product, startProduct } from '@missions/test-support/product.ts';
import { waitUntil } from '@missions/test-support/wait-until.ts';
import { startInProcess } from './in-process.ts';
import { SimulatedUser } from './simulated-user.ts';

const MINUTE = 60_000;
const asBurst = { headers: { 'x-user-id': 'burst' } };

/** A question, from its asking to the mail about it and back, through every service. */
describe('a question that nobody has seen', function () {
  this.timeout(180_000);
  const clock = new VirtualClock(new Date('2027-03-01T12:00:00.000Z'));
  const stops: (() => Promise<unknown> | void)[] = [];
  let servers: DeployedServers;
  let gateway: Product;
  let sql: Client;
  let api: Api;
  let folder: string;

  before(async () => {
    servers = await startDeployedServers();
    stops.push(() => servers.stop());
    const database = await servers.freshDatabase();
    folder = mkdtempSync(join(tmpdir(), 'missions-notices-'));
    stops.push(() => rmSync(folder, { recursive: true, force: true }));
    stops.push(await startInProcess({ servers, database, clock, folder }));
    gateway = await startProduct({ database, natsUrlFor: servers.natsUrlFor, only: ['gateway'] });
    stops.push(() => gateway.stop());
    sql = new Client({ connectionString: database.adminUrl });
    await sql.connect();
    stops.push(() => sql.end());
    api = new Api(gateway);
    await sql.query(
      `insert into notifier.person (customer_id, user_id, email, preferences, updated_at)
       values ($1, 'ada', 'ada@example.com', '{}', now())`,
      [api.customer],
    );
  });
  after(async () => {
    for (const stop of stops.toReversed()) await stop();
  });

  const becomes = (holds: () => boolean | Promise<boolean>, what: string) =>
    waitUntil(holds, { withinMs: 30_000, what });
  const mails = (about: string): string[] =>
    readdirSync(join(folder, 'outbox'))
      .filter((file) => file.endsWith('.eml'))
      .map((file) => readFileSync(join(folder, 'outbox', file), 'utf8'))
      .filter((mail) => mail.includes(about));
  const row = async (text: string, ...values: unknown[]) => (await sql.query(text, values)).rows[0];
  const subject = (id: string) =>
    row('select facts, taken, due_at from notifier.subject where id = $1', `question:${id}`);
  const ask = async (prompt: string): Promise<{ id: string; mission_id: string; reach: unknown }> => {
    const mission = await api.mission({});
    const { body } = await api.post(`missions/${mission.id}/input-requests`, {
      prompt,
      options: [{ id: 'yes', label: 'Yes, please' }],
    });
    await becomes(async () => Boolean((await subject(body.id))?.facts), 'the notifier to hear of the question');
    return body;
  };

  it('is mailed after an hour, once, and is answered by the way that the mail shows', async () => {
    const { id, reach } = await ask('Which shade of cerulean?');
    expect(reach).to.deep.equal({ channels: ['mail'] });
    clock.advance(59 * MINUTE);
    await becomes(async () => (await subject(id)).due_at > clock.now(), 'the ladder');
    expect(mails('cerulean')).to.have.lengthOf(0);
    clock.advance(3 * MINUTE);
    await becomes(() => mails('cerulean').length === 1, 'the mail');
    const [mail = ''] = mails('cerulean');
    expect(mail).to.match(/^To: ada@example.com\r$/m);
    expect(mail).to.match(/^Message-ID: <notice\.[0-9a-f-]{36}@localhost>\r$/m);
    expect(mail.replaceAll(/=\r\n/g, '').replaceAll('=3D', '=')).to.contain(`/q/${id}?choice=yes`);

    const ada = new SimulatedUser(api);
    expect((await ada.respond(id, { selected_option: 'yes' })).status).to.equal(200);
    await becomes(async () => (await subject(id)).facts.state === 'settled', 'the end of it');
    clock.advance(14 * 24 * 60 * MINUTE);
    const later = await ask('Another one?');
    clock.advance(62 * MINUTE);
    await becomes(() => mails('Another one').length === 1, 'the other mail');
    expect(mails(id)).to.have.lengthOf(1);
    expect(later.id).to.not.equal(id);
  });

  it('is not mailed when it is answered before', async () => {
    const { id } = await ask('Which shade of vermilion?');
    await new SimulatedUser(api).respond(id, { freeform_text: 'the darker one' });
    await becomes(async () => (await subject(id)).facts.state === 'settled', 'the end of it');
    await ask('And of ochre?');
    clock.advance(62 * MINUTE);
    await becomes(() => mails('ochre').length === 1, 'the other mail');
    expect(mails('vermilion')).to.have.lengthOf(0);
  });

  it('is taken back from the bridge when it is answered before its mail leaves', async () => {
    const { id } = await ask('Which shade of viridian?');
    const other = await ask('Which shade of sepia?');
    const outbox = join(folder, 'outbox');
    const mail = (status: string) =>
      row(
        `select count(*)::int as n from email_bridge.notice b join notifier.notice n using (id)
          where b.status = $1 and n.items::text like '%' || $2 || '%'`,
        status,
        id,
      );
    renameSync(outbox, `${outbox}-away`);
    writeFileSync(outbox, 'no folder');
    clock.advance(62 * MINUTE);
    await becomes(async () => (await mail('queued')).n === 1, 'the bridge to have the mail');
    // What is on its way already can no longer be taken back.
    await becomes(async () => {
      const { rows } = await sql.query(
        `select locked_until, last_error from email_bridge.notice where status = 'queued'`,
      );
      return rows.every(({ locked_until, last_error }) => locked_until === null && last_error);
    }, 'its first attempt to have failed');
    await new SimulatedUser(api).respond(id, { selected_option: 'yes' });
    await becomes(async () => (await mail('withdrawn')).n === 1, 'its withdrawal');
    rmSync(outbox);
    renameSync(`${outbox}-away`, outbox);
    clock.advance(60 * MINUTE);
    await becomes(() => mails('sepia').length === 1, 'the mail of the question that still waits');
    expect(mails('viridian')).to.have.lengthOf(0);
    await becomes(async () => {
      const { rows } = await sql.query(`select status from notifier.notice where items::text like '%' || $1 || '%'`, [
        id,
      ]);
      return rows.length === 1 && rows[0].status === 'dropped';
    }, 'the notifier to know');
    await new SimulatedUser(api).respond(other.id, { selected_option: 'yes' });
  });

  it('is in the digest of the day, which its user wants at eight, and in no other', async () => {
    const asAda = { headers: { 'x-user-id': 'ada' } };
    const wishes = { digest_hour: 8, channels: { question: { mail: false }, deadline: { mail: false } } };
    expect((await api.patch('/api/v1/notifications/preferences', wishes, asAda)).body).to.include({ digest_hour: 8 });
    const { id } = await ask('Which shade of umber?');
    const { digest_at } = await row('select digest_at from notifier.person where customer_id = $1', api.customer);
    clock.set(digest_at);
    await becomes(() => mails('umber').length === 1, 'the digest');
    await new SimulatedUser(api).respond(id, { selected_option: 'yes' });
    await becomes(async () => (await subject(id)).facts.state === 'settled', 'the end of it');
    clock.advance(24 * 60 * MINUTE);
    await becomes(async () => {
      const { rows } = await sql.query('select status from notifier.notice where day is not null');
      return rows.length > 1 && rows.every(({ status }) => status !== 'queued');
    }, 'the digest of the next day');
    expect(mails('umber')).to.have.lengthOf(1);
    const back = { digest_hour: null, channels: { question: { mail: true }, deadline: { mail: true } } };
    expect((await api.patch('/api/v1/notifications/preferences', back, asAda)).status).to.equal(200);
  });

  it('says in the history, once, that its user can be told nowhere', async () => {
    const mission = await api.mission({ user_id: 'grace' });
    const { body } = await api.post(`missions/${mission.id}/input-requests`, { prompt: 'Which shade of teal?' });
    expect(body.reach).to.deep.equal({ channels: [] });
    await becomes(async () => Boolean((await subject(body.id))?.facts), 'the notifier to hear of the question');
    const said = async () =>
      (await api.get(`missions/${mission.id}/events?order=asc`)).body.events
        .filter(({ metadata }: any) => metadata.unreachable === true)
        .map(({ event_type, metadata: { request_id } }: any) => [event_type, request_id]);
    expect(await said()).to.deep.equal([]);
    clock.advance(2 * MINUTE);
    await becomes(async () => (await said()).length > 0, 'a word in the history');
    clock.set(new Date(body.expires_at));
    await becomes(async () => (await subject(body.id)).facts.state === 'expired', 'its end');
    expect(await said()).to.deep.equal([['external_event', body.id]]);
  });

  it('says what happened when nobody answered, after a reminder', async () => {
    const { id } = await ask('Which shade of indigo?');
    const { facts } = await subject(id);
    const waiting = async () => {
      const { notifications } = (await api.get('/api/internal/notifications?user_id=ada')).body;
      return notifications.filter((one: { request_id: string }) => one.request_id === id);
    };
    const tell = async (...ids: string[]) =>
      (await api.post('/api/internal/notifications/told', { user_id: 'ada', ids })).body.ids;
    expect(await waiting()).to.have.lengthOf(1);
    expect((await waiting())[0]).to.include({ id: `question:${id}`, kind: 'question', text: 'Which shade of indigo?' });
    expect((await api.get('/api/internal/notifications?user_id=bob')).body).to.deep.equal({ notifications: [] });
    const asBob = { user_id: 'bob', ids: [`question:${id}`] };
    expect((await api.post('/api/internal/notifications/told', asBob)).body).to.deep.equal({ ids: [] });
    expect(await tell(`outcome:${id}`)).to.deep.equal([]);
    expect(await tell(`question:${id}`)).to.deep.equal([`question:${id}`]);
    expect(await tell(`question:${id}`)).to.deep.equal([]);
    expect(await waiting()).to.deep.equal([]);
    const steps = async () => (await subject(id)).taken.map(({ step }: { step: string }) => step);
    clock.advance(62 * MINUTE);
    await becomes(() => mails('indigo').length === 1, 'the mail');
    clock.set(new Date(facts.asked_at + 0.75 * (facts.expires_at - facts.asked_at) + 2 * MINUTE));
    await becomes(() => mails('indigo').length === 2, 'the reminder');
    clock.set(new Date(facts.expires_at));
    await becomes(async () => (await subject(id)).facts.state === 'expired', 'its end');
    clock.advance(2 * MINUTE);
    await becomes(() => mails('indigo').length === 3, 'the note of what happened');
    expect(await steps()).to.deep.equal(['mail', 'remind', 'outcome']);
    expect((await waiting()).map((one: { id: string }) => one.id)).to.deep.equal([`outcome:${id}`]);
    expect(await tell(`question:${id}`)).to.deep.equal([]);
    expect(await tell(`outcome:${id}`)).to.deep.equal([`outcome:${id}`]);
    expect(await waiting()).to.deep.equal([]);
  });

  it('is told with 299 others of the same minute by one mail and one push message, and the inbox has them all', async () => {
    await sql.query(
      `insert into notifier.person (customer_id, user_id, email, preferences, updated_at)
       values ($1, 'burst', 'burst@example.com', '{}', now())`,
      [api.customer],
    );
    await sql.query(
      `insert into notifier.device (customer_id, id, user_id, endpoint, p256dh, auth, name, added_at)
       values ($1, gen_random_uuid(), 'burst', 'https://127.0.0.1:9/nobody', 'key', 'auth', 'a browser', now())`,
      [api.customer],
    );
    const missions = await Promise.all([1, 2, 3].map(() => api.mission({ user_id: 'burst' })));
    const asked: string[] = [];
    for (let round = 0; round < 10; round += 1)
      await Promise.all(
        Array.from({ length: 30 }, async (_, index) => {
          const { id } = missions[index % 3];
          const body = { prompt: `Question ${round}.${index} of the flood` };
          asked.push((await api.insist('POST', `missions/${id}/input-requests`, { body })).body.id);
        }),
      );
    const ofBurst = `from notifier.subject where user_id = 'burst'`;
    const count = async (of: string) => (await row(`select count(*)::int as n ${of}`)).n;
    await becomes(async () => (await count(`${ofBurst} and is_open`)) === 300, 'the notifier to hear of all');
    clock.advance(2 * MINUTE);
    await becomes(async () => (await count(`${ofBurst} and taken::text like '%"push"%'`)) === 300, 'the push message');
    clock.advance(62 * MINUTE);
    await becomes(async () => (await count(`${ofBurst} and taken::text like '%"mail"%'`)) === 300, 'the mail');
    await becomes(() => mails('burst@example.com').length > 0, 'its arrival');
    const { rows } = await sql.query(
      `select channel, jsonb_array_length(items) as told from notifier.notice where user_id = 'burst' order by channel`,
    );
    expect(rows).to.deep.equal([
      { channel: 'mail', told: 300 },
      { channel: 'push', told: 300 },
    ]);
    expect(mails('burst@example.com')).to.have.lengthOf(1);
    expect(mails('burst@example.com')[0]).to.contain('300');

    const listed: string[] = [];
    for (let cursor: string | null = ''; cursor !== null;) {
      const page: any = (await api.get(`/api/v1/inbox?limit=100${cursor && `&cursor=${cursor}`}`, asBurst)).body;
      listed.push(...page.items.map(({ request_id }: { request_id: string }) => request_id));
      cursor = page.next_cursor;
    }
    expect(listed.toSorted()).to.deep.equal(asked.toSorted());
  });
});
