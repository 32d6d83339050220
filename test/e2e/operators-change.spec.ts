import { tmpdir } from 'node:os';
import { expect } from 'chai';
import { newId } from '@missions/runtime/id.ts';
import { Api } from '@missions/test-support/api.ts';
import { product as sharedProduct, type SharedProduct } from '@missions/test-support/shared-product.ts';
import { waitUntil } from '@missions/test-support/wait-until.ts';
import { operators } from './operators.ts';

describe('what operators change in a running product', () => {
  let product: SharedProduct;
  let operator: ReturnType<typeof operators>;
  let api: Api;

  before(async () => {
    product = await sharedProduct();
    operator = operators(product.servers, product.database, product);
    api = new Api(product);
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

  it('erase erases a mission in every service, and only after confirmation', async () => {
    const mission = await api.mission({ title: 'Forget me' });
    const question = { prompt: 'Which colour?' };
    const asked = await api.insist('POST', `missions/${mission.id}/input-requests`, { body: question });
    expect(asked.status, asked.text).to.equal(201);
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
    // Four at a time: each is a process, which waits for the start of another.
    const left = misuses.values();
    const misuse = async (): Promise<void> => {
      for (const [args, says] of left) {
        const { code, stderr } = await operator.execute(...args);
        expect([args, code]).to.deep.equal([args, 2]);
        expect(stderr).to.match(says).and.contain('Exit codes');
      }
    };
    await Promise.all([misuse(), misuse(), misuse(), misuse()]);
    const { code, stdout } = await operator.execute('--help');
    expect([code, stdout]).to.satisfy(
      ([status, text]: [number, string]) => status === 0 && text.includes('rebuild-stream'),
    );
    const none = await operator.execute('missions', 'show', newId());
    expect([none.code, none.stderr]).to.satisfy(
      ([status, text]: [number, string]) => status === 1 && text.startsWith('There is no mission'),
    );
    const nowhere = await operators(product.servers, product.database, product, {
      MISSION_DATABASE_URL: '',
      DATA_DIR: tmpdir(),
    }).execute('outbox');
    expect(nowhere.code).to.equal(2);
    expect(nowhere.stderr).to.contain('MISSION_DATABASE_URL');
  });
});

/** `mak_<32 hexadecimal digits>_`; the secret after it may itself hold underscores. */
const KEY_PREFIX_LENGTH = 37;
