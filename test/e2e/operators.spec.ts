import { expect } from 'chai';
import { connectStandalone } from '@missions/persistence/session.ts';
import { newId } from '@missions/runtime/id.ts';
import type { Api } from '@missions/test-support/api.ts';
import { waitUntil } from '@missions/test-support/wait-until.ts';
import { answer } from '../mail/messages.ts';
import { post } from '../mail/post.ts';
import { type OperatedProduct, operatedProduct } from './operated-product.ts';
import { operators } from './operators.ts';

describe('what operators see of a running product', () => {
  let operated: OperatedProduct;
  let operator: OperatedProduct['operator'];
  let product: OperatedProduct['product'];
  let api: Api;

  before(async () => {
    operated = await operatedProduct();
    ({ operator, product, api } = operated);
  });
  after(() => operated?.stop());
  afterEach(function () {
    if (this.currentTest?.state === 'failed') console.error(product.logs());
  });

  it('status shows services, streams, consumers, dead letters and timers at a glance', async () => {
    await api.mission();
    await operated.published();
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
    const asked = await operated.ask(mission.id);
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

  it('runs lists runs, and usage what they have used for each user', async () => {
    const [mission, run] = [newId(), newId()];
    const scheduler = await connectStandalone({
      url: operated.database.urlFor('scheduler'),
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

  it('status shows the reachable parts when others are down', async () => {
    const { code, stderr, value } = await operators(operated.servers, operated.database, product, {
      OPERATOR_NATS_URL: 'nats://operator:x@127.0.0.1:1',
    }).execute('status', '--json');
    expect(code).to.equal(1);
    expect(stderr).to.contain('streams: NATS at 127.0.0.1:1 does not answer.');
    expect([value.streams, value.services.length]).to.deep.equal([null, 5]);
  });
});
