import { randomUUID } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { connectBus } from '@missions/messaging/connect.ts';
import type { Bus } from '@missions/messaging/bus.ts';
import { newId } from '@missions/runtime/id.ts';
import { createLogger } from '@missions/runtime/logger.ts';
import { Api, type ApiResponse } from '@missions/test-support/api.ts';
import { type DeployedServers, OBSERVER, startDeployedServers } from '@missions/test-support/deployed-servers.ts';
import { type Product, startProduct } from '@missions/test-support/product.ts';
import type { TestDatabase } from '@missions/test-support/test-database.ts';
import { waitUntil } from '@missions/test-support/wait-until.ts';
import pg from 'pg';
import { answer } from '../mail/messages.ts';
import { post } from '../mail/post.ts';
import { operators } from './operators.ts';
import { run } from './shell.ts';
import { tracesInFiles, tracesInTables } from './traces.ts';

describe('the erasure of a mission on a running product', () => {
  let servers: DeployedServers;
  let database: TestDatabase;
  let product: Product;
  let operator: ReturnType<typeof operators>;
  let api: Api;
  let observer: Bus;
  const user = { 'x-user-id': 'ada' };

  before(async () => {
    servers = await startDeployedServers();
    database = await servers.freshDatabase();
    product = await startProduct({ database, natsUrlFor: servers.natsUrlFor });
    operator = operators(servers, database, product);
    api = new Api(product);
    observer = await connectBus({
      servers: servers.natsUrlFor(OBSERVER),
      name: OBSERVER,
      logger: createLogger({ service: OBSERVER, level: 'silent' }),
    });
  });
  after(async () => {
    await observer?.drain();
    await product?.stop();
    await servers?.stop();
  });
  afterEach(function () {
    if (this.currentTest?.state === 'failed') console.error(product.logs());
  });

  const tables = (text: string) => tracesInTables(database.adminUrl, text);
  const streams = (text: string) => tracesInFiles(servers.natsFolder, text);
  const outbox = (text: string) => tracesInFiles(product.outbox, text);
  const settled = () =>
    waitUntil(
      async () => {
        const { streams: all, services } = await operator.json('status');
        const consumers = all.flatMap((one: any) => one.consumers);
        return (
          services.every((one: any) => one.pending === 0) &&
          consumers.every((one: any) => one.pending === 0 && one.ack_pending === 0)
        );
      },
      { everyMs: 200, what: 'all events handled' },
    );

  /** A mission each of whose texts contains `mark`. */
  async function fullMission(mark: string): Promise<{ id: string; create: () => Promise<ApiResponse> }> {
    const text = (field: string) => `${mark} ${field}`;
    const keyed = (key: string) => ({ headers: { 'idempotency-key': `${key} ${mark.slice(0, 8)}` } });
    const done = ({ status, body, text: sent }: ApiResponse): any => {
      expect(status, sent).to.be.within(200, 299);
      return body;
    };
    const create = () =>
      api.post(
        'missions',
        {
          user_id: 'ada',
          title: text('title'),
          description: text('description'),
          metadata: { note: text('metadata') },
          tasks: [
            { title: text('task'), description: text('task description') },
            {
              title: 'Waits',
              wait_for: { kind: 'webhook', reference: `wait-${mark.slice(0, 8)}`, reason: text('wait') },
            },
          ],
        },
        keyed('create'),
      );
    const { id, tasks } = done(await create());
    const path = `missions/${id}`;
    const [task] = tasks;
    done(await api.patch(path, { description: text('changed'), priority: 'high' }));
    done(
      await api.post(
        `${path}/events`,
        { event_type: 'user_message', title: text('note'), content: text('content'), metadata: { x: text('data') } },
        keyed('event'),
      ),
    );
    const asked = done(
      await api.post(
        `${path}/input-requests`,
        {
          prompt: text('prompt'),
          options: [{ id: 'one', label: text('option'), description: text('option description') }],
          context: { about: text('context') },
          task_id: task.id,
        },
        keyed('ask'),
      ),
    );
    const response = { freeform_text: text('answer') };
    const respond = () =>
      api.post(`/api/v1/input-requests/${asked.id}/respond`, response, {
        headers: { ...user, ...keyed('answer').headers },
      });
    done(await respond());
    const mail = done(
      await api.post(
        'emails',
        {
          user_id: 'ada',
          mission_id: id,
          to: ['sarah@example.com'],
          subject: text('subject'),
          body: text('body'),
          expect_reply: true,
        },
        keyed('mail'),
      ),
    );
    await waitUntil(() => outbox(mark).length > 0, { everyMs: 100, what: 'the sent e-mail' });
    await post(product.smtpPort, answer(mail, 'sarah@example.com', text('reply'), { name: `${mark} name` }));
    await waitUntil(
      async () => (await api.get(`emails/${mail.tracking_id ?? mail.id}?user_id=ada`)).text.includes(text('reply')),
      {
        everyMs: 100,
        what: 'the reply',
      },
    );
    done(await api.post('emails/check-replies', { user_id: 'ada', tracking_ids: [mail.id] }, keyed('check')));
    const signal = { kind: 'webhook', reference: `wait-${mark.slice(0, 8)}`, data: { said: text('signal') } };
    done(await api.post('signals', signal, keyed('signal')));
    done(
      await api.patch(`${path}/tasks/${task.id}`, {
        status: 'failed',
        error: text('error'),
        result: { found: text('result') },
      }),
    );
    await setAside(mail.reply_to, text('unreadable mail'));
    const about = { customer_id: api.customer, user_id: 'ada', mission_id: id, version: 1, index: 0 };
    await observer.publish({
      ...about,
      id: newId(),
      type: 'approval.responded',
      source: '/services/approval',
      time: new Date().toISOString(),
      data: { ...about, nonsense: text('dead letter') },
    });
    await waitUntil(
      async () => (await operator.json('dead-letters', 'list')).some((one: any) => one.mission_id === id),
      { everyMs: 200, what: 'the dead letter' },
    );
    return { id, create };
  }

  /** As a message that could not be read. */
  async function setAside(recipient: string, head: string): Promise<void> {
    const client = new pg.Client({ connectionString: database.urlFor('email_bridge') });
    await client.connect();
    await client.query(
      `insert into email_bridge.unread_mail (key, via, reverse_path, recipients, size, tries, reason, head, received_at, set_aside_at)
       values ($1, 'smtp', '', $2, 9, 3, 'unreadable', $3, now(), now())`,
      [randomUUID(), JSON.stringify([recipient]), Buffer.from(head)],
    );
    await client.end();
  }

  it('leaves no text of it in tables, streams, dead letters, sent files, stored answers and logs', async () => {
    const [mark, kept] = [`${randomUUID()}x`, `${randomUUID()}y`];
    const { id, create } = await fullMission(mark);
    const other = await fullMission(kept);
    await settled();
    const before = await tables(mark);
    for (const table of [
      'mission.mission',
      'mission.signal',
      'mission.idempotency',
      'mission.outbox',
      'approval.input_request',
      'approval.idempotency',
      'email_bridge.email',
      'email_bridge.idempotency',
      'email_bridge.reply',
      'email_bridge.unread_mail',
    ])
      expect(
        before.map((row) => row.split(':')[0]),
        'what the search finds before',
      ).to.include(table);
    expect(streams(mark).filter((file) => file.includes('DEADLETTER'))).to.have.length(1);
    expect(outbox(mark)).to.have.length(1);

    const { code, stdout, stderr } = await operator.execute('erase', id, '--yes');
    expect(code, stdout + stderr).to.equal(0);

    expect(
      (await tables(mark)).map((row) => row.slice(0, 300)),
      'rows',
    ).to.deep.equal([]);
    expect(streams(mark), 'files of NATS').to.deep.equal([]);
    expect(tracesInFiles(product.folder, mark), 'sent mail and logs').to.deep.equal([]);
    const again = await create();
    expect(again.headers.get('idempotency-replayed')).to.equal(null);
    expect(again.body.id).not.to.equal(id);

    expect((await tables(kept)).length).to.be.above(10);
    expect(streams(kept).length).to.be.above(2);
    expect(outbox(kept)).to.have.length(1);
    expect((await api.get(`missions/${other.id}?user_id=ada`)).status).to.equal(200);
  });

  it('is not called done while a part cannot be reached, and a repetition completes it', async () => {
    const mark = `${randomUUID()}x`;
    const { id } = await fullMission(mark);
    await settled();
    const nowhere = operators(servers, database, product, {
      APPROVAL_DATABASE_URL: 'postgres://approval:x@127.0.0.1:1/postgres',
      ERASER_NATS_URL: 'nats://eraser:x@127.0.0.1:1',
    });
    const first = await nowhere.execute('erase', id, '--yes', '--json');
    expect([first.code, first.value.left], first.stderr).to.deep.equal([1, ['approval', 'streams']]);
    expect(first.stderr).to.contain('Not done: approval: ').and.contain('Not done: streams: ');
    expect(streams(mark)).not.to.deep.equal([]);

    const again = await operator.json('erase', id, '--yes');
    expect([again.left, again.services[0]]).to.deep.equal([[], { service: 'mission', rows: 0 }]);
    const without = again.streams.filter(({ messages }: any) => messages === 0);
    // Its user can be reached, so that the notifier had nothing to say of it.
    expect([again.streams.length, without.map(({ stream }: any) => stream)]).to.deep.equal([6, ['NOTIFIER']]);
    expect(await tables(mark)).to.deep.equal([]);
    expect(streams(mark)).to.deep.equal([]);
    expect((await operator.json('erase', id, '--yes')).streams.every(({ messages }: any) => messages === 0)).to.equal(
      true,
    );
  });

  it('by the product itself leaves rows and sent files nowhere, and erase-messages takes the rest away', async () => {
    const [mark, kept] = [`${randomUUID()}x`, `${randomUUID()}y`];
    const { id } = await fullMission(mark);
    await fullMission(kept);
    await settled();
    // The program does what the end of a mission's life does: rows, and the event for the other services.
    const program = fileURLToPath(new URL('../../services/mission/admin/erase.ts', import.meta.url));
    const { code, stderr } = await run(process.execPath, [program, id, '--yes'], {
      DATABASE_URL: database.urlFor('mission'),
    });
    expect(code, stderr).to.equal(0);
    await waitUntil(async () => (await tables(mark)).length + outbox(mark).length === 0, {
      everyMs: 200,
      what: 'the erasure in every service',
    });
    expect(streams(mark)).not.to.deep.equal([]);
    expect((await operator.execute('erase-messages')).code).to.equal(0);
    expect(streams(mark)).to.deep.equal([]);
    expect(streams(kept).length).to.be.above(2);
  });

  it('keeps the events of other missions for a service that was away, and only those', async () => {
    await settled();
    await product.approval.kill();
    const ask = async (mark: string) => {
      const mission = await api.mission();
      const { status, text } = await api.post(`missions/${mission.id}/input-requests`, { prompt: mark });
      expect(status, text).to.equal(201);
      return mission.id as string;
    };
    const [mark, kept] = [`${randomUUID()}x`, `${randomUUID()}y`];
    const before = await ask(`${kept} before`);
    const id = await ask(mark);
    const after = await ask(`${kept} after`);
    const { code, stdout, stderr } = await operator.execute('erase', id, '--yes');
    expect(code, stdout + stderr).to.equal(0);
    expect(streams(mark)).to.deep.equal([]);
    await product.approval.start();
    for (const mission of [before, after])
      await waitUntil(async () => (await operator.json('missions', 'show', mission)).input_requests.length === 1, {
        everyMs: 200,
        what: 'the question of the other mission',
      });
    await settled();
    expect(await tables(mark)).to.deep.equal([]);
    expect((await operator.json('dead-letters', 'list')).filter((one: any) => one.mission_id === id)).to.deep.equal([]);
  });
});
