import { expect } from 'chai';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Api } from '@missions/test-support/api.ts';
import { pathWithPostgresClient } from '@missions/test-support/postgres-client.ts';
import { type Product, startProduct } from '@missions/test-support/product.ts';
import { waitUntil } from '@missions/test-support/wait-until.ts';
import { type Acknowledged, startLoad } from '../chaos/load.ts';
import { endsOf, expectStatus, historyOf, isActiveAgain, missionOf, waitingForAda } from '../integration/client.ts';
import { answer } from '../mail/messages.ts';
import { post } from '../mail/post.ts';
import { commandsOf, contentsOf, openPlace, perform, type Place } from './backup.ts';
import { operators } from './operators.ts';

const WRITERS = 4;
const ENOUGH = 60;
const LEASE = { lease_seconds: 10 };

/** By the commands of shared/docs/operating.md. Containers have a stand-in: the programs run beside the servers. */
describe('a backup', () => {
  const folder = mkdtempSync(join(tmpdir(), 'missions-backup-'));
  const stops: (() => Promise<unknown>)[] = [];
  let path: string | undefined;

  before(() => {
    try {
      path = pathWithPostgresClient();
    } catch (error) {
      process.stderr.write(`\n  !!! NO PG_DUMP: backup and restore are not tried. ${String(error)}\n`);
    }
  });
  afterEach(async () => {
    for (const stop of stops.splice(0).toReversed()) await stop();
  });
  after(() => rmSync(folder, { recursive: true, force: true }));

  const open = async (administrator?: string): Promise<Place> => {
    const place = await openPlace({ path: path ?? '', folder, ...(administrator && { administrator }) });
    stops.push(() => place.servers.stop());
    return place;
  };
  const start = async ({ database, servers }: Place): Promise<Product> => {
    const product = await startProduct({ database, natsUrlFor: servers.natsUrlFor });
    stops.push(() => product.stop());
    return product;
  };
  const claim = (api: Api, agent_id: string) =>
    api.post('runs/claim', { agent_id, wait_seconds: 0, ...LEASE }).then(({ body }) => body?.run);

  it('under load, restored into an empty PostgreSQL with an empty NATS, goes on by itself; nothing is lost or done twice', async () => {
    if (path === undefined) return;
    const [old, [toBackUp = ''], [toRestore = '']] = [await open(), commandsOf('Back up'), commandsOf('Restore')];
    await old.makeRoles();
    const before = await start(old);
    const api = new Api(before);
    const asked = await waitingForAda(api);
    const held = await api.mission({ can_run_autonomously: true, tasks: [{ title: 'work' }] });
    const run = await waitUntil(() => claim(api, 'held-it'), { what: 'a run' });
    const offered = await api.mission({ can_run_autonomously: true, tasks: [{ title: 'work' }] });
    const { id: wrote, tasks } = await api.mission({ tasks: [{ title: 'Hear her' }] });
    const mail = {
      mission_id: wrote,
      task_id: tasks[0].id,
      to: ['sarah@example.com'],
      subject: 'When?',
      body: 'When?',
    };
    const { id: mailed } = await expectStatus(
      201,
      api.insist('POST', 'emails', { body: { ...mail, user_id: 'ada', expect_reply: true } }),
    );
    const sent = await waitUntil(
      async () => readdirSync(before.outbox).length === 1 && (await api.get(`emails/${mailed}`)).body,
      { what: 'the mail' },
    );

    // What follows is in NATS only for those who will not read it there any more.
    await Promise.all([before.approval.kill(), before.scheduler.kill()]);
    const unheard = await waitingForAda(api);
    const until = new Date(Date.now() + 1_000).toISOString();
    const { id: asleep } = await api.mission({ tasks: [{ title: 'Sleep', wait_for: { kind: 'time', until } }] });
    const load = startLoad(api, WRITERS);
    await waitUntil(() => load.count() >= ENOUGH, { what: 'load' });
    const acknowledged: Acknowledged[] = structuredClone([...load.acknowledged]);
    await perform(toBackUp, () => old);
    await load.stop();

    // Everything is lost.
    await Promise.all(
      Object.values(before).map((one) => typeof one === 'object' && 'kill' in one && one.running && one.kill()),
    );
    for (const stop of stops.splice(0).toReversed()) await stop();

    let place: Place | undefined;
    let product: Product | undefined;
    await perform(toRestore, () => place, {
      'docker compose up --detach --wait postgres nats': async () => {
        place = await open();
        await place.makeRoles();
      },
      'docker compose up --detach --wait': async () => void (product = await start(place as Place)),
    });
    if (!place || !product) throw new Error('the commands start nothing');
    const again = new Api(product, api.customer);

    const respond = (id: string) =>
      expectStatus(
        200,
        again.insist('POST', `/api/v1/input-requests/${id}/respond`, {
          body: { selected_option: 'yes' },
          headers: { 'X-User-ID': 'ada' },
        }),
      );
    const pending = (): Promise<any> =>
      expectStatus(200, again.get('/api/v1/input-requests?status=pending', { headers: { 'X-User-ID': 'ada' } }));
    await waitUntil(async () => (await pending()).input_requests.length === 2, { what: 'both questions' });
    for (const { missionId, request } of [asked, unheard]) {
      await respond(request.id);
      await isActiveAgain(again, missionId);
      expect(endsOf(await historyOf(again, missionId), request.id)).to.have.length(1);
    }
    await post(product.smtpPort, answer(sent, 'sarah@example.com', 'Tuesday.'));
    await isActiveAgain(again, wrote);
    await waitUntil(async () => (await missionOf(again, asleep)).tasks[0].status === 'completed', { what: 'the time' });

    const claimed = new Map<string, any>();
    await waitUntil(
      async () => {
        const next = await claim(again, 'goes-on');
        if (next) {
          expect(claimed.has(next.mission_id), 'a run offered twice').to.equal(false);
          claimed.set(next.mission_id, next);
        }
        return claimed.size === 2;
      },
      { withinMs: 60_000, everyMs: 100, what: 'both runs' },
    );
    expect([...claimed.keys()]).to.have.members([held.id, offered.id]);
    expect(claimed.get(held.id).fence).to.be.greaterThan(run.fence);
    expect((await again.post(`runs/${run.id}/heartbeat`, { fence: run.fence })).body.code).to.equal('LEASE_LOST');

    for (const { missionId, marks } of acknowledged) {
      const history = await historyOf(again, missionId);
      const notes = history.filter(({ event_type }) => event_type === 'note').map(({ content }) => content);
      expect(notes.slice(0, marks.length), missionId).to.deep.equal(marks);
      expect(new Set(notes).size, missionId).to.equal(notes.length);
    }
    const operator = operators(place.servers, place.database, product);
    await waitUntil(
      async () => {
        const { services, streams, dead_letters } = await operator.json('status');
        expect(dead_letters).to.equal(0);
        const consumers = streams.flatMap((one: any) => one.consumers);
        return [...services, ...consumers].every(({ pending, ack_pending = 0 }) => pending + ack_pending === 0);
      },
      { everyMs: 200, what: 'nothing left to publish or to receive' },
    );
    const [doubled] = await place.rows(
      `select (select count(*) from mission.mission)::int as missions,
              (select count(distinct mission_id) from scheduler.timer where owner = 'mission')::int as watched,
              (select count(*) from approval.input_request)::int as questions,
              (select count(*) from email_bridge.email)::int as mails,
              (select count(*) from email_bridge.reply)::int as replies`,
    );
    expect(doubled).to.deep.equal({
      missions: doubled.missions,
      watched: doubled.missions,
      questions: 2,
      mails: 1,
      replies: 1,
    });
    expect(readdirSync(product.outbox), 'mail sent again').to.deep.equal([]);
  });

  it('is the same database when it is restored by an administrator who is no superuser', async () => {
    if (path === undefined) return;
    const [[, toBackUp = ''], [, toRestore = '']] = [commandsOf('Back up'), commandsOf('Restore')];
    const place = await open('keeper');
    await place.makeRoles();
    const product = await start(place);
    await new Api(product).mission({ tasks: [{ title: 'work' }] });
    await product.stop();
    const contents = await contentsOf(place);
    await place.execute(toBackUp);
    const other = await open('keeper');
    await other.execute(toRestore);
    expect(await contentsOf(other)).to.deep.equal(contents);
    const [, toExchange = ''] = commandsOf('Exchange secrets');
    await other.execute(`NEW_PASSWORD=another\n${toExchange}`);
    const refused = await other.rowsAs('mission', 'mission', 'select 1').catch((error: Error) => error.message);
    expect(refused).to.contain('password authentication failed');
    expect(await other.rowsAs('mission', 'another', 'select count(*)::int from mission')).to.deep.equal([{ count: 1 }]);
    expect(Object.keys(contents)).to.include('mission.audit_entries');
  });
});
