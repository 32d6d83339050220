import { expect } from 'chai';
import { tmpdir } from 'node:os';
import type { EventEnvelope } from '@missions/contracts/event.ts';
import type { Bus } from '@missions/messaging/bus.ts';
import { connectBus } from '@missions/messaging/connect.ts';
import { loseMessage, loseStream } from '@missions/messaging/testing/storage.ts';
import { connectStandalone } from '@missions/persistence/session.ts';
import { newId } from '@missions/runtime/id.ts';
import { createLogger } from '@missions/runtime/logger.ts';
import { Api } from '@missions/test-support/api.ts';
import { type DeployedServers, OBSERVER, startDeployedServers } from '@missions/test-support/deployed-servers.ts';
import { type Product, startProduct } from '@missions/test-support/product.ts';
import type { TestDatabase } from '@missions/test-support/test-database.ts';
import { waitUntil } from '@missions/test-support/wait-until.ts';
import { answer } from '../mail/messages.ts';
import { post } from '../mail/post.ts';
import { operators } from './operators.ts';
import { makeConsumer } from '@missions/messaging/admin/provisioning.ts';

describe("the operators' command on a running product", () => {
  let servers: DeployedServers;
  let database: TestDatabase;
  let product: Product;
  let operator: ReturnType<typeof operators>;
  let api: Api;
  let observer: Bus;

  const question = { prompt: 'Which colour?', options: [{ id: 'red', label: 'Red' }] };
  const ask = (missionId: string) => api.insist('POST', `missions/${missionId}/input-requests`, { body: question });
  const published = () =>
    waitUntil(async () => (await operator.json('outbox')).every((one: any) => one.pending === 0), {
      what: 'empty outboxes',
      everyMs: 200,
    });
  const messages = async (stream: string): Promise<number> =>
    (await operator.json('status')).streams.find((one: any) => one.stream === stream).state?.messages ?? 0;

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

  it('sign-in prints a link by which a user signs in, once', async () => {
    const { code, stdout } = await operator.execute('sign-in', '--user', 'ada', '--customer', 'acme');
    expect(code).to.equal(0);
    const [, origin, secret = ''] = /^(\S+)\/sign-in#(\S+)/.exec(stdout) ?? [];
    expect([origin, stdout]).to.satisfy(() => origin === product.origin && stdout.includes('ada of acme'), stdout);
    const show = () => api.post('/auth/code', { code: secret }, { headers: { authorization: null } });
    const first = await show();
    const [cookie = ''] = (first.headers.getSetCookie()[0] ?? '').split(';', 1);
    expect(
      (await api.get('/api/v1/me', { headers: { authorization: null, 'x-customer-id': null, cookie } })).body,
    ).to.include({
      customer_id: 'acme',
      user_id: 'ada',
    });
    expect((await show()).status).to.equal(401);
    for (const wrong of [[], ['--user', ' '], ['--user', 'ada', 'more'], ['--user', 'ada', '--customer', '']])
      expect((await operator.execute('sign-in', ...wrong)).code, wrong.join(' ')).to.equal(2);
  });

  it('webhooks lists the endpoints of customers without their secrets, pauses, resumes, and sends again', async () => {
    const body = { url: 'https://billing.example/hooks', types: ['approval.reminder_due'] };
    const { body: made } = await api.insist('POST', 'webhooks', { body });
    const { body: sent } = await api.insist('POST', `webhooks/${made.id}/test`, { body: {} });
    const own = ['--customer', api.customer];
    const [listed, ...others] = await operator.json('webhooks', 'list', ...own);
    expect(others).to.deep.equal([]);
    expect(listed).to.include({ id: made.id, url: body.url, status: 'active', customer_id: api.customer });
    expect(JSON.stringify(listed)).not.to.contain(made.secret.slice('whsec_'.length));
    expect((await operator.json('webhooks', 'pause', made.id, ...own)).status).to.equal('paused');
    expect((await operator.json('webhooks', 'resume', made.id, ...own)).status).to.equal('active');
    expect((await operator.json('webhooks', 'redeliver', made.id, sent.id, ...own)).event_id).to.equal(sent.event_id);
    const { webhooks } = await operator.json('status');
    expect(webhooks.map(({ id }: { id: string }) => id)).to.include(made.id);
    expect((await operator.execute('status')).stdout).to.match(/^Webhooks: \d+ endpoints?, \d+ in trouble/m);
    const { entries } = await operator.json('audit', '--action', 'webhook.changed', ...own);
    expect(entries.map(({ actor }: { actor: string }) => actor)).to.deep.equal(['operator', 'operator']);
    expect((await operator.execute('webhooks', 'pause', made.id, '--customer', 'another')).code).to.equal(1);
    for (const wrong of [
      ['pause', made.id],
      ['pause', 'x', ...own],
      ['redeliver', made.id, ...own],
      ['drop', ...own],
    ])
      expect((await operator.execute('webhooks', ...wrong)).code, wrong.join(' ')).to.equal(2);
  });

  it('status shows services, streams, consumers, dead letters and timers at a glance', async () => {
    await api.mission();
    await published();
    const status = await operator.json('status');
    expect(status.gateway).to.include({ origin: product.origin, ready: true });
    expect(status)
      .to.include({ agent: null })
      .and.have.property('version')
      .that.matches(/^\d+\.\d+\.\d+$/);
    expect(status.services.map((one: any) => [one.service, one.copies, one.pending])).to.deep.equal([
      ['mission', 1, 0],
      ['approval', 1, 0],
      ['scheduler', 1, 0],
      ['email-bridge', 1, 0],
      ['notifier', 1, 0],
    ]);
    const consumers = status.streams.flatMap((one: any) =>
      one.consumers.map((consumer: any) => `${one.stream} ${consumer.consumer}`),
    );
    expect(consumers).to.include.members([
      'MISSION approval',
      'APPROVAL mission',
      'SCHEDULER scheduler',
      'MISSION email-bridge',
      'MISSION notifier',
      'EMAIL mission',
      'SCHEDULER email-bridge',
    ]);
    expect(status).to.deep.include({ dead_letters: 0 });
    expect(status.timers.pending).to.be.a('number');

    const { code, stdout, stderr } = await operator.execute('status');
    expect([code, stderr]).to.deep.equal([0, '']);
    expect(stdout)
      .to.match(/^Missions \d+\.\d+\.\d+\nGateway at \S+: ready\nAgent: none that is known here/)
      .and.match(/^ +mission +1 +0 /m)
      .and.match(/^ +SCHEDULER +scheduler +\d/m)
      .and.contain('Dead letters: 0');
    expect(stdout).not.to.contain('\x1b');
  });

  it('show combines the data of all services about a mission', async () => {
    const mission = await api.mission({
      title: 'Paint\u001b[31m the fence',
      tasks: [{ title: 'Buy paint', order: 1 }],
    });
    const asked = await ask(mission.id);
    expect(asked.status, asked.text).to.equal(201);
    const shown = await waitUntil(async () => {
      const answer = await operator.json('show', mission.id);
      const owners = answer.timers.map((one: any) => one.owner);
      return owners.includes('mission') && answer.input_requests.length > 0 && answer;
    });
    expect(shown).to.include({ id: mission.id, customer_id: api.customer, status: 'waiting' });
    expect(shown.tasks).to.have.length(1);
    expect(shown.input_requests.map((one: any) => [one.id, one.prompt])).to.deep.equal([
      [asked.body.id, 'Which colour?'],
    ]);
    expect(shown.blockers.map((one: any) => one.kind)).to.deep.equal(['human_input']);
    expect(shown.timers.map((one: any) => one.owner)).to.include('mission');
    expect(shown.recent_events[0].event_type).to.be.a('string');

    const { stdout } = await operator.execute('show', mission.id);
    expect(stdout).to.contain('Buy paint').and.contain('Which colour?').and.contain('human_input');
    expect(stdout, 'commands to the terminal').not.to.contain('\x1b');

    const { timers, pending } = await operator.json('timers', '--owner', 'mission', '--mission', mission.id);
    expect(pending).to.be.at.least(1);
    expect(timers.every((one: any) => one.owner === 'mission' && one.mission_id === mission.id)).to.equal(true);
    expect((await operator.json('timers', '--due-before', new Date().toISOString())).timers).to.deep.equal([]);
  });

  it('list shows the newest missions, of a user or a status, and not the deleted', async () => {
    const first = await api.mission({ title: 'List\u001b[31m me', user_id: 'lister' });
    const second = await api.mission({ title: 'List me too', user_id: 'lister' });
    const of = async (...options: string[]): Promise<string[]> =>
      (await operator.json('list', '--user', 'lister', ...options)).missions.map(({ id }: { id: string }) => id);
    expect(await of()).to.deep.equal([second.id, first.id]);
    expect(await of('--limit', '1')).to.deep.equal([second.id]);
    expect(await of('--customer', 'nobody')).to.deep.equal([]);
    expect(await of('--status', 'completed,failed')).to.deep.equal([]);
    expect(await of('--status', 'completed,active')).to.have.length(2);
    const { stdout } = await operator.execute('list', '--user', 'lister');
    expect(stdout).to.contain('List me too').and.contain(first.id).and.not.contain('\u001b');
    // The earlier form of the call.
    expect((await operator.json('missions', 'list', '--user', 'lister')).missions).to.have.length(2);
    expect((await operator.execute('missions')).stderr).to.contain('Say list, or show <mission id>.');
  });

  it('rebuild-stream restores a stream that was lost with unconsumed events, and each event has its effect once', async () => {
    const before = await api.mission();
    await published();
    await product.approval.kill();
    const lost = await api.mission();
    expect((await ask(lost.id)).status).to.equal(201);
    await waitUntil(async () => (await operator.json('outbox', '--service', 'mission'))[0].pending === 0, {
      everyMs: 200,
    });
    const stored = await messages('MISSION');
    await loseStream(servers.natsUrlFor(OBSERVER), 'MISSION');
    expect((await operator.json('missions', 'show', lost.id)).input_requests).to.deep.equal([]);

    const counted: any[] = await operator.json('rebuild-stream', '--all', '--dry-run');
    expect(counted.filter(({ missing }) => missing > 0)).to.deep.equal(
      counted.filter(({ service, stream }) => service === 'mission' && stream === 'MISSION'),
    );
    expect(counted.find(({ missing }) => missing > 0)).to.include({ missing: stored, republished: 0 });
    expect((await operator.execute('rebuild-stream', '--all', 'MISSION')).code).to.equal(2);
    const [mission, ...others] = await operator.json('rebuild-stream', 'MISSION');
    // The relay looks at its stream every minute too: what it was first to publish again is not missing any more.
    expect(mission).to.include({ service: 'mission', kept: stored, taken_for_repetitions: 0 });
    expect([mission.missing, mission.missing <= stored]).to.deep.equal([mission.republished, true]);
    expect(others.map((one: any) => one.kept)).to.deep.equal(others.map(() => 0));
    expect(await messages('MISSION')).to.equal(stored);
    expect((await operator.json('rebuild-stream', 'MISSION'))[0]).to.include({
      kept: stored,
      missing: 0,
      republished: 0,
    });

    await product.approval.start();
    const shown = await waitUntil(
      async () => {
        const answer = await operator.json('missions', 'show', lost.id);
        return answer.input_requests.length > 0 && answer;
      },
      { everyMs: 200 },
    );
    expect(shown.input_requests).to.have.length(1);
    const consumed = () =>
      operator
        .json('status')
        .then(({ streams }) =>
          streams
            .find((one: any) => one.stream === 'MISSION')
            .consumers.find((one: any) => one.consumer === 'approval'),
        );
    await waitUntil(
      async () => {
        const { pending, ack_pending } = await consumed();
        return pending === 0 && ack_pending === 0;
      },
      { everyMs: 200 },
    );
    expect((await operator.json('missions', 'show', before.id)).version).to.equal(before.version);
    expect((await operator.json('missions', 'show', lost.id)).input_requests).to.have.length(1);
    expect((await operator.json('status')).dead_letters).to.equal(0);
  });

  it('rebuild-stream restores events lost in the middle of a stream, and reports when it must be repeated', async () => {
    // An event of now: nothing else takes it out of the stream or brings it back meanwhile.
    await api.mission();
    await published();
    const state = (await operator.json('status')).streams.find((one: any) => one.stream === 'MISSION').state;
    await loseMessage(servers.natsUrlFor(OBSERVER), 'MISSION', state.last_sequence);
    const services = await operator.json('rebuild-stream', 'MISSION', '--dry-run');
    expect(services.reduce((sum: number, one: any) => sum + one.missing, 0)).to.equal(1);
    // The server remembers the id for two more minutes, and drops a repetition.
    const soon = await operator.execute('rebuild-stream', 'MISSION', '--json');
    expect(soon.code, soon.stderr).to.equal(1);
    expect(soon.stderr).to.contain('after two minutes: call this again');
    expect(soon.value.reduce((sum: number, one: any) => sum + one.taken_for_repetitions, 0)).to.equal(1);
  });

  it('dead-letters shows a failed event, replays it after the repair, and drops a message that is no event', async () => {
    let mended = false;
    const effects: string[] = [];
    const handleOne = async (event: EventEnvelope): Promise<void> => {
      if (!mended) throw new Error('the fault');
      effects.push(event.id);
    };
    await observer.consume({
      setUp: makeConsumer,
      stream: 'EMAIL',
      service: OBSERVER,
      handleOne,
      maxDeliver: 2,
      backoffMs: [1],
    });
    const about = {
      customer_id: 'acme',
      user_id: 'ann',
      mission_id: newId(),
      version: 1,
      index: 0,
      source: '/services/email-bridge',
      time: '2026-01-02T03:04:05.678Z',
    };
    const poisoned = { ...about, id: newId(), type: 'email.sent', data: { at: 'fault' } };
    // The mission service's consumer sends a message that is no event to the dead letters at once.
    const nonsense = { ...about, id: newId(), type: 'timer.mission', data: { at: 'nonsense' } };
    await observer.publish(poisoned);
    await observer.publish(nonsense);
    const deadLetters: any[] = await waitUntil(
      async () => {
        const list = await operator.json('dead-letters', 'list');
        return list.length === 2 && list;
      },
      { everyMs: 200 },
    );
    const [letter, other] = [
      deadLetters.find((one) => one.service === OBSERVER),
      deadLetters.find((one) => one.service === 'mission'),
    ];
    expect(letter).to.include({ event_id: poisoned.id, subject: 'email.sent', reason: 'the fault', attempts: 2 });
    expect(other).to.include({ event_id: nonsense.id });
    expect((await operator.execute('dead-letters', 'list')).stdout)
      .to.contain('email.sent')
      .and.contain('the fault');
    expect(JSON.parse((await operator.json('dead-letters', 'show', String(letter.sequence))).body)).to.deep.equal({
      at: 'fault',
    });
    expect((await operator.execute('dead-letters', 'show', String(letter.sequence))).stdout).to.contain(
      '"at": "fault"',
    );

    mended = true;
    const { code, stdout, stderr } = await operator.execute('dead-letters', 'replay', String(letter.sequence));
    expect([code, stdout], stderr).to.deep.equal([0, `Replayed ${letter.sequence} (email.sent ${poisoned.id})\n`]);
    await waitUntil(() => effects.length > 0);
    expect(effects).to.deep.equal([poisoned.id]);
    expect((await operator.json('dead-letters', 'list')).map((one: any) => one.event_id)).to.deep.equal([nonsense.id]);

    // The other message can never be handled: its replay becomes a new dead letter.
    expect((await operator.json('dead-letters', 'replay', '--all')).replayed).to.have.length(1);
    const again = await waitUntil(async () => (await operator.json('dead-letters', 'list'))[0], { everyMs: 200 });
    expect(again.sequence).to.be.above(other.sequence);
    await operator.json('dead-letters', 'drop', String(again.sequence));
    const gone = await operator.execute('dead-letters', 'show', String(again.sequence));
    expect([gone.code, gone.stderr]).to.deep.equal([1, `There is no dead letter ${again.sequence}.\n`]);
    expect((await operator.execute('dead-letters', 'list')).stdout).to.equal('Dead letters: none\n');
  });

  it('kill-switch stops runs at once, is listed while it is on, and can be switched off', async () => {
    const mission = newId();
    const switches = [
      ['--all'],
      ['--customer', api.customer],
      ['--customer', api.customer, '--user', 'ada'],
      ['--mission', mission],
    ];
    for (const whose of switches)
      expect(await operator.json('kill-switch', 'on', ...whose)).to.include({ on: true, changed: true });
    expect(await operator.json('kill-switch', 'on', '--all')).to.include({ changed: false });
    const scopes = (list: any[]) => list.map((one) => [one.scope, one.id]);
    const all = [
      ['all', ''],
      ['customer', api.customer],
      ['mission', mission],
      ['user', `${api.customer}/ada`],
    ];
    expect(scopes(await operator.json('kill-switch', 'list'))).to.deep.equal(all);
    expect(scopes((await operator.json('status')).kill_switches)).to.deep.equal(all);
    expect((await operator.execute('kill-switch', 'list')).stdout).to.contain(mission);
    for (const whose of switches)
      expect(await operator.json('kill-switch', 'off', ...whose)).to.include({ on: false, changed: true });
    expect((await operator.execute('kill-switch', 'list')).stdout).to.equal('Kill switches: all off\n');
  });

  it("keys creates agents' keys, lists them without their secrets, and revokes them", async () => {
    const mine = ['--customer', api.customer];
    expect((await operator.execute('keys', 'list', ...mine)).stdout).to.equal('Keys: none\n');
    const { stdout: made } = await operator.execute(
      'keys',
      'create',
      ...mine,
      '--agent',
      'gardener',
      '--label',
      'the \u001b[31mshed',
    );
    const [key = '', id = ''] = made.split('\n\nKey ');
    expect(key).to.match(/^mak_/);
    const whose = [...mine, '--agent', 'gardener'];
    const narrow = ['--user', 'ada', '--user', 'eve', '--scopes', 'missions,ask', '--expires', '90d'];
    const two = await operator.json('keys', 'create', ...whose, ...narrow);
    for (const wrong of [
      ['--scopes', 'mail'],
      ['--scopes', ''],
      ['--expires', 'soon'],
      ['--expires', '-1d'],
    ])
      expect((await operator.execute('keys', 'create', ...whose, ...wrong)).code, wrong.join(' ')).to.equal(2);
    expect(two).to.have.all.keys('id', 'key');
    const third = await operator.execute('keys', 'create', ...mine, '--agent', 'gardener');
    expect([third.code, third.stdout]).to.deep.equal([1, '']);
    expect(third.stderr).to.contain('2 live keys');
    expect(
      (await operator.json('keys', 'list', ...mine)).map((one: any) => [one.id, one.agent_id, one.users, one.scopes]),
    ).to.deep.equal([
      [two.id, 'gardener', ['ada', 'eve'], ['missions', 'ask']],
      [id.slice(0, 36), 'gardener', null, null],
    ]);
    expect((await operator.execute('keys', 'revoke', two.id)).stdout).to.equal(`Key ${two.id} is revoked.\n`);
    const again = await operator.execute('keys', 'revoke', two.id);
    expect([again.code, again.stderr]).to.deep.equal([1, `There is no live key ${two.id}.\n`]);
    const { stdout } = await operator.execute('keys', 'list', ...mine);
    expect(stdout)
      .to.match(/^Keys\n +made +id +customer +agent +users +scopes +label +last used +expires +revoked\n/)
      .and.match(/ missions ask .* in (90 d|89 d 23 h) /)
      .and.contain('ada eve')
      .and.contain('the  [31mshed')
      .and.match(/ s ago +\S+ .* s ago$/m);
    expect(stdout).not.to.contain('│').and.not.contain(key.slice(KEY_PREFIX_LENGTH));
  });

  it('runs lists runs, and usage what they have used for each user', async () => {
    const [mission, run] = [newId(), newId()];
    const scheduler = await connectStandalone({
      url: database.urlFor('scheduler'),
      schema: 'scheduler',
      statementTimeoutMs: 5_000,
      name: 'a test',
    });
    await scheduler.query(
      `insert into run (id, mission_id, customer_id, user_id, reason, status, attempt, claims, lease_seconds, requested_at, finished_at, error)
       values ($1, $2, 'acme', 'ann', 'created', 'failed', 1, 1, 60, now(), now(), 'it hung')`,
      [run, mission],
    );
    const customer = `customer-${newId()}`;
    const spent = (amount: string, currency: string) =>
      scheduler.query(
        `insert into run_usage (id, run_id, mission_id, customer_id, user_id, at, input_tokens, output_tokens, cost, currency)
         values ($1, $2, $3, $4, 'ann', now(), 1000, 20, $5, $6)`,
        [newId(), run, mission, customer, amount, currency],
      );
    await spent('0.25', 'EUR');
    await spent('1.50', 'EUR');
    await spent('0', '');
    await scheduler.end();
    const costs = [{ amount: '1.75', currency: 'EUR' }];
    expect(await operator.json('usage', '--customer', customer)).to.deep.equal([
      { customer_id: customer, user_id: 'ann', runs: 0, input_tokens: 3_000, output_tokens: 60, costs },
    ]);
    expect(await operator.json('usage', '--customer', customer, '--user', 'bob')).to.deep.equal([]);
    const list = await operator.json('runs', '--mission', mission);
    expect(list.map((one: any) => [one.id, one.status, one.error])).to.deep.equal([[run, 'failed', 'it hung']]);
    expect(await operator.json('runs', '--mission', mission, '--status', 'claimed')).to.deep.equal([]);
    expect((await operator.execute('runs', '--status', 'failed')).stdout)
      .to.contain(run)
      .and.contain('it hung');
  });

  it('emails shows the sending queue and who has replied, without the texts', async () => {
    const mission = await api.mission({ title: 'Ask them' });
    const mail = {
      user_id: 'ada',
      mission_id: mission.id,
      to: ['sarah@example.com', 'john@example.com'],
      subject: 'Which\u2063 day?',
      body: 'A private word',
      expect_reply: true,
    };
    const sent = await api.post('emails', mail);
    expect(sent.status, sent.text).to.equal(201);
    await post(product.smtpPort, answer(sent.body, 'sarah@example.com', 'In confidence: Tuesday'));
    const [shown] = await waitUntil(
      async () => {
        const { emails } = await operator.json('emails', '--mission', mission.id);
        return emails[0]?.sent_at && emails;
      },
      { everyMs: 200 },
    );
    expect(shown).to.deep.include({
      id: sent.body.id,
      status: 'some_replied',
      pending_from: ['john@example.com'],
      received_from: ['sarah@example.com'],
      bounced: [],
      replies: 1,
      last_error: '',
    });
    expect((await operator.json('emails', '--status', 'expired')).emails).to.deep.equal([]);
    expect((await operator.json('missions', 'show', mission.id)).emails).to.deep.equal([shown]);
    expect((await operator.json('status')).mail).to.deep.equal({
      queued: 0,
      oldest_queued_at: null,
      last_error: '',
      set_aside: 0,
    });
    for (const command of [['emails'], ['missions', 'show', mission.id]]) {
      const { stdout } = await operator.execute(...command);
      expect(stdout)
        .to.contain('john@example.com')
        .and.contain('Which')
        .and.not.contain('Tuesday')
        .and.not.contain('private');
    }
    expect((await operator.execute('status')).stdout).to.contain('Mail: 0 to be sent');
  });

  it('emails quarantine lists, shows and drops what could not be read, and status counts it', async () => {
    const client = await connectStandalone({
      url: database.urlFor('email_bridge'),
      schema: 'email_bridge',
      statementTimeoutMs: 5_000,
      name: 'spec',
    });
    await client.query(`insert into unread_mail values
      ('one', 'smtp', 'sarah@example.com', '["reply+x@localhost"]', 9, 3, 'no such charset', 'From: \\033[31m', now(), now()),
      ('two', 'smtp', '', '[]', 9, 1, '', null, now(), null)`);
    await client.end();
    const { set_aside } = await operator.json('emails', 'quarantine');
    expect(set_aside).to.have.lengthOf(1);
    expect(set_aside[0]).to.include({ key: 'one', via: 'smtp', size: 9, reason: 'no such charset' });
    expect((await operator.json('status')).mail.set_aside).to.equal(1);
    expect(await operator.json('emails', 'quarantine', 'show', 'one')).to.include({ head: 'From: \u001b[31m' });
    expect(await operator.json('emails', 'quarantine', 'drop', 'one')).to.deep.equal({ dropped: 'one' });
    expect((await operator.json('emails', 'quarantine', 'list')).set_aside).to.deep.equal([]);
  });

  it('dead-letters shows and replays an event that the email-bridge could not handle', async () => {
    const nonsense = {
      id: newId(),
      type: 'timer.email',
      customer_id: 'acme',
      user_id: 'ann',
      mission_id: newId(),
      version: 1,
      index: 0,
      source: '/services/scheduler',
      time: '2026-01-02T03:04:05.678Z',
      data: { at: 'nonsense' },
    };
    await observer.publish(nonsense);
    const of = async (): Promise<any[]> => operator.json('dead-letters', 'list', '--service', 'email-bridge');
    const letter = await waitUntil(async () => (await of())[0], { everyMs: 200 });
    expect(letter).to.include({ event_id: nonsense.id, subject: 'timer.email', service: 'email-bridge' });
    await operator.json('dead-letters', 'replay', String(letter.sequence));
    const again = await waitUntil(async () => (await of()).find((one) => one.sequence > letter.sequence), {
      everyMs: 200,
    });
    expect(again.event_id).to.equal(nonsense.id);
    await operator.json('dead-letters', 'drop', String(again.sequence));
    expect(await of()).to.deep.equal([]);
  });

  it('erase erases a mission in every service, and only after confirmation', async () => {
    const mission = await api.mission({ title: 'Forget me' });
    expect((await ask(mission.id)).status).to.equal(201);
    await waitUntil(async () => (await operator.json('missions', 'show', mission.id)).input_requests.length === 1, {
      everyMs: 200,
    });
    const refused = await operator.execute('erase', mission.id);
    expect([refused.code, refused.stdout]).to.deep.equal([1, '']);
    expect(refused.stderr).to.contain("take away 'Forget me'").and.contain('--yes');
    expect(await operator.json('erase', mission.id, '--yes')).to.include({
      erased: mission.id,
      customer_id: api.customer,
      user_id: 'ada',
    });
    expect((await api.get(`missions/${mission.id}`)).status).to.equal(404);
    expect((await operator.json('erase', mission.id, '--yes')).services[0]).to.include({ service: 'mission', rows: 0 });
    expect((await operator.execute('erase', newId(), '--yes')).code).to.equal(1);
  });

  it('erase shows a title in one line, and sends the terminal no commands', async () => {
    const mission = await api.mission({ title: 'Forget\u001b[31m me\nThe mission is erased.\u009b2J\u202e' });
    const { stderr, code } = await operator.execute('erase', mission.id);
    expect(code).to.equal(1);
    expect(stderr.trimEnd())
      .to.contain("take away 'Forget [31m me The mission is erased. 2J ' (")
      .and.not.match(/(?!\n)[\p{Cc}\p{Cf}]/u)
      .and.not.contain('\n');
  });

  it('an error says how to correct the command', async () => {
    const misuses: [string[], RegExp][] = [
      [[], /Name a command/],
      [['nonsense'], /no command nonsense/],
      [['toString'], /no command toString/],
      [['dead-letters', 'replay'], /by its number, or all of them by --all/],
      [['dead-letters', 'show', 'x'], /whole number/],
      [['missions', 'show', 'x'], /UUID of a mission/],
      [['timers', '--owner', 'x'], /one of mission, approval/],
      [['timers', '--due-before', 'x'], /must be a time/],
      [['timers', '--nonsense'], /--nonsense/],
      [['outbox', '--service', 'x'], /one of mission, approval, scheduler/],
      [['outbox', '--nonsense'], /--nonsense/],
      [['rebuild-stream', 'DEADLETTER'], /cannot be rebuilt/],
      [['usage', '--days', '36'], /--days must be at most 35/],
      [['runs', '--status', 'x'], /--status must be one of/],
      [['emails', '--status', 'x'], /--status must be one of queued, /],
      [['emails', '--mission', 'x'], /must be the id of a mission/],
      [['kill-switch', 'on'], /Say whose runs/],
      [['kill-switch', 'on', '--user', 'ada'], /Say whose runs/],
      [['kill-switch', 'on', '--all', '--mission', newId()], /Say whose runs/],
      [['erase', 'x'], /UUID of a mission/],
      [['keys', 'create', '--agent', 'x'], /Say whose key/],
      [['keys', 'create', '--customer', 'x', '--agent', 'y'.repeat(256)], /The agent must have 1 to 255/],
      [['keys', 'create', '--customer', 'x', '--agent', 'y', '--user', ''], /The user must have 1 to 255/],
      [['keys', 'create', '--customer', 'x', '--agent', 'y', '--label', ' '], /Leave --label out/],
      [['keys', 'revoke', 'x'], /UUID of a key/],
      [['keys', 'list', '--nonsense'], /--nonsense/],
    ];
    for (const [args, says] of misuses) {
      const { code, stderr } = await operator.execute(...args);
      expect([args, code]).to.deep.equal([args, 2]);
      expect(stderr).to.match(says).and.contain('Exit codes');
    }
    const { code, stdout } = await operator.execute('--help');
    expect([code, stdout]).to.satisfy(
      ([status, text]: [number, string]) => status === 0 && text.includes('rebuild-stream'),
    );
    const none = await operator.execute('missions', 'show', newId());
    expect([none.code, none.stderr]).to.satisfy(
      ([status, text]: [number, string]) => status === 1 && text.startsWith('There is no mission'),
    );
    const nowhere = await operators(servers, database, product, {
      MISSION_DATABASE_URL: '',
      DATA_DIR: tmpdir(),
    }).execute('outbox');
    expect(nowhere.code).to.equal(2);
    expect(nowhere.stderr).to.contain('MISSION_DATABASE_URL');
  });

  it('status shows the reachable parts when others are down', async () => {
    const { code, stderr, value } = await operators(servers, database, product, {
      OPERATOR_NATS_URL: 'nats://operator:x@127.0.0.1:1',
    }).execute('status', '--json');
    expect(code).to.equal(1);
    expect(stderr).to.contain('streams: NATS at 127.0.0.1:1 does not answer.');
    expect([value.streams, value.services.length]).to.deep.equal([null, 5]);
  });
});

/** `mak_<32 hexadecimal digits>_`; the secret after it may itself hold underscores. */
const KEY_PREFIX_LENGTH = 37;
