import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { freePort } from '@missions/deploy/dev-servers/ports.ts';
import { subscribe } from '@missions/events';
import { Api } from '@missions/test-support/api.ts';
import { waitUntil } from '@missions/test-support/wait-until.ts';
import { answer } from '../mail/messages.ts';
import { post } from '../mail/post.ts';
import { launch, type Launcher } from './launcher.ts';
import { alive, type ProcessInfo } from './processes.ts';
import { paste, run } from './shell.ts';

const command = fileURLToPath(new URL('../../deploy/cli/missions.ts', import.meta.url));

/** Each start continues with the data that the previous one left in the folder, so the order of the tests matters. */
describe('npm start', () => {
  let folder: string;
  let running: Launcher | undefined;

  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'missions start-'));
  });
  afterEach(async function () {
    if (this.currentTest?.state === 'failed') console.error(running?.output());
  });
  after(async () => {
    running?.signal('SIGTERM');
    await running?.ended;
    rmSync(folder, { recursive: true, force: true });
  });

  const start = async (env?: Record<string, string>): Promise<Launcher> => (running = await launch(folder, env));
  const api = (it: Launcher): Api => new Api({ origin: it.address, secret: it.secret }, 'default');
  const allGone = (known: readonly ProcessInfo[]): Promise<unknown> =>
    waitUntil(() => alive(known).length === 0, { what: 'the end of all processes' }).catch((error: Error) => {
      throw new Error(
        `${error.message}; left are ${alive(known)
          .map((one) => `${one.pid} ${one.command}`)
          .join('\n')}`,
      );
    });
  const titles = async (it: Launcher): Promise<string[]> =>
    (await api(it).get('missions?user_id=ada')).body.missions.map((one: { title: string }) => one.title);

  it('on a fresh folder prints its progress and a first call that works when pasted', async () => {
    const launcher = await start();
    expect(launcher.output()).to.contain('Starting PostgreSQL and NATS').and.contain('Missions is ready');
    expect(launcher.output())
      .to.contain(`${launcher.address}/docs`)
      .and.contain(`messages land as .eml files in ${join(folder, 'outbox')}`)
      .and.match(/replies are taken at smtp:\/\/127\.0\.0\.1:\d+/);
    const { code, stdout, stderr } = await paste(launcher.firstCall);
    expect({ code, stderr }).to.deep.equal({ code: 0, stderr: '' });
    expect(JSON.parse(stdout)).to.include({
      customer_id: 'default',
      user_id: 'ada',
      origin_conversation_id: 'conv-A',
      version: 1,
    });
  });

  it('prints a link by which the user of chats that name none signs in, once', async () => {
    const launcher = running as Launcher;
    const [, origin, code] = /Sign in +(\S+)\/sign-in#([\w-]{22}) /.exec(launcher.output()) ?? [];
    expect(origin).to.equal(launcher.address);
    const bare = { authorization: null, 'x-customer-id': null };
    const show = () => api(launcher).post('/auth/code', { code }, { headers: bare });
    const signedIn = await show();
    expect(signedIn.status, signedIn.text).to.equal(204);
    const [cookie = ''] = (signedIn.headers.getSetCookie()[0] ?? '').split(';', 1);
    const me = await api(launcher).get('/api/v1/me', { headers: { ...bare, cookie } });
    expect(me.body).to.include({ customer_id: 'default', user_id: 'me', signed_in_via: 'code' });
    expect((await show()).status).to.equal(401);
  });

  it('a mission of one conversation is found and resumed in another', async () => {
    const backend = api(running as Launcher);
    const created = await backend.post('missions', {
      user_id: 'ada',
      title: 'Test Mission',
      conversation_id: 'test-123',
      agent_id: 'planner',
    });
    const { id } = created.body;
    const { tasks } = (
      await backend.post(`missions/${id}/tasks`, {
        tasks: [
          { title: 'Ask Sarah', ref: 'ask' },
          { title: 'Book', depends_on: ['ask'] },
        ],
      })
    ).body;
    await backend.post(`missions/${id}/events`, {
      event_type: 'user_message',
      content: 'Mornings only',
      conversation_id: 'test-123',
    });

    const listed = await backend.get(
      'missions?user_id=ada&status=active,waiting&include_tasks=true&include_recent_events=5',
    );
    const [found] = listed.body.missions;
    expect(found).to.include({ id, title: 'Test Mission' });
    expect(found.tasks.map((task: { status: string }) => task.status)).to.deep.equal(['ready', 'pending']);
    expect(found.recent_events[0]).to.include({ event_type: 'user_message', content: 'Mornings only' });

    const resumed = await backend.post(`missions/${id}/resume`, { conversation_id: 'conv-B', agent_id: 'closer' });
    expect(resumed.status).to.equal(200);
    expect(resumed.body.brief).to.contain('Test Mission').and.contain('Ask Sarah').and.contain('Mornings only');
    expect(resumed.body.next_tasks.map((task: { title: string }) => task.title)).to.deep.equal(['Ask Sarah']);
    expect(resumed.body.recent_events[0]).to.include({ event_type: 'resumed', conversation_id: 'conv-B' });

    expect((await backend.patch(`missions/${id}/tasks/${tasks[0].id}`, { status: 'completed' })).status).to.equal(200);
    const after = await backend.get(`missions/${id}`);
    expect(after.body.tasks.map((task: { status: string }) => task.status)).to.deep.equal(['completed', 'ready']);
  });

  it('a sent mail is written to the outbox folder, and its reply resumes the mission', async () => {
    const launcher = running as Launcher;
    const mission = await api(launcher).mission({ title: 'Ask Sarah' });
    const sent = await api(launcher).post('emails', {
      user_id: 'ada',
      mission_id: mission.id,
      to: ['sarah@example.com'],
      subject: 'Q1 budget',
      body: 'When?',
      expect_reply: true,
    });
    expect(sent.status, sent.text).to.equal(201);
    const outbox = join(folder, 'outbox');
    const [file = ''] = await waitUntil(
      () => readdirSync(outbox).filter((name) => name.endsWith('.eml')).length > 0 && readdirSync(outbox),
      { what: 'the file' },
    );
    const mail = readFileSync(join(outbox, file), 'utf8');
    expect(mail).to.contain(sent.body.message_id);
    // The recipient's own address, which says who answers.
    const [, own = ''] = /^Reply-To: (\S+)/m.exec(mail) ?? [];
    expect(own)
      .to.match(/^reply\+/)
      .and.not.equal(sent.body.reply_to);
    expect((await api(launcher).get(`missions/${mission.id}`)).body.status).to.equal('waiting');
    await post(
      Number(/replies are taken at smtp:\/\/127\.0\.0\.1:(\d+)/.exec(launcher.output())?.[1]),
      answer({ ...sent.body, reply_to: own }, 'sarah@example.com', 'Tuesday.'),
    );
    await waitUntil(async () => (await api(launcher).get(`missions/${mission.id}`)).body.status === 'active', {
      what: 'a mission that goes on',
    });
  });

  it('subscribers add gives a service of others a login at once, which remove ends with its consumers', async () => {
    const missions = (...args: string[]) =>
      run(process.execPath, [command, 'subscribers', ...args], { DATA_DIR: folder });
    const added = await missions('add', 'billing', '--json');
    expect([added.code, added.stderr]).to.deep.equal([0, '']);
    const { url, user, password } = JSON.parse(added.stdout) as Record<string, string>;
    expect(user).to.equal('billing');
    const heard: string[] = [];
    const subscription = await subscribe({ url: url ?? '', types: ['mission.*'], durable: 'billing' }, ({ type }) => {
      heard.push(type);
    });
    await waitUntil(() => heard.includes('mission.created'));
    expect((await missions('add', 'billing')).code, 'a second one of that name').to.equal(1);
    expect((await missions('add', 'No.Name')).code).to.equal(2);
    const listed = await missions('list');
    expect(listed.stdout).to.contain('billing').and.not.contain(password);
    const removed = await missions('remove', 'billing', '--json');
    expect([removed.code, JSON.parse(removed.stdout)]).to.deep.equal([
      0,
      { name: 'billing', removed: true, consumers_removed_from: ['MISSION'] },
    ]);
    await subscription.stop();
    const later = subscribe({ url: url ?? '', types: ['mission.*'] }, () => {});
    expect(await later.catch((error: Error) => error.message)).to.match(/Authorization Violation/i);
  });

  it('refuses a second start on the same folder, naming the first', async () => {
    const second = await launch(folder).catch((error: Error) => error);
    expect(second)
      .to.be.instanceOf(Error)
      .with.property('message')
      .that.contains('already runs')
      .and.contains((running as Launcher).address);
  });

  it('Ctrl-C ends every process before the launcher itself', async () => {
    const launcher = running as Launcher;
    const known = launcher.descendants();
    // PostgreSQL with its own processes, NATS, two services, and the supervisor of each.
    expect(known.length).to.be.at.least(10);
    launcher.signal('SIGINT');
    expect(await launcher.ended).to.equal(0);
    expect(alive(known)).to.deep.equal([]);
    expect(existsSync(join(folder, 'launcher.json'))).to.equal(false);
  });

  it('the second start says how long it took and has the missions of the first', async () => {
    const launcher = await start();
    expect(launcher.output()).to.match(/ready after [\d.]+ s/);
    expect(await titles(launcher)).to.have.members(['Move the office to Lisbon', 'Test Mission', 'Ask Sarah']);
  });

  it('kill -9 of the launcher leaves no process', async () => {
    const launcher = running as Launcher;
    const known = launcher.descendants();
    launcher.signal('SIGKILL');
    expect(await launcher.ended).to.equal('SIGKILL');
    await allGone(known);
  });

  it('kill -9 of all processes at once needs no repair', async () => {
    const launcher = await start();
    await api(launcher).mission({ title: 'Survivor' });
    const known = launcher.descendants();
    for (const { pid } of [{ pid: launcher.pid }, ...known])
      if (alive(known.filter((one) => one.pid === pid)).length > 0 || pid === launcher.pid)
        process.kill(pid, 'SIGKILL');
    await launcher.ended;
    await allGone(known);
    const next = await start();
    expect(await titles(next)).to.include('Survivor');
  });

  it('a killed service is restarted, and the address stays', async () => {
    const launcher = running as Launcher;
    const mission = launcher
      .descendants()
      .find((one) => one.command.includes('services/mission/main.ts') && !one.command.includes('supervise.sh'));
    process.kill(mission?.pid ?? 0, 'SIGKILL');
    await waitUntil(
      async () =>
        (await api(launcher).post('missions', { user_id: 'ada', title: 'After the kill' }, { withinMs: 2_000 }))
          .status === 201,
      { everyMs: 100, what: 'a write' },
    );
    expect(launcher.output()).to.contain('mission was ended by signal 9');
    launcher.signal('SIGTERM');
    expect(await launcher.ended).to.equal(0);
  });

  it('a taken default port is replaced by another one, and a taken chosen port is refused', async () => {
    const squatter = createServer().listen(0, '127.0.0.1');
    await once(squatter, 'listening');
    try {
      const { port } = squatter.address() as AddressInfo;
      const refused = await launch(folder, { PORT: String(port) }).catch((error: Error) => error);
      expect(refused)
        .to.be.instanceOf(Error)
        .with.property('message')
        .that.contains(`Port ${port}`)
        .and.contains('Set PORT');
      const mail = await launch(folder, { INBOUND_SMTP_PORT: String(port) }).catch((error: Error) => error);
      expect(mail)
        .to.be.instanceOf(Error)
        .with.property('message')
        .that.contains(`Port ${port}`)
        .and.contains('Set INBOUND_SMTP_PORT');
    } finally {
      squatter.close();
    }
  });

  it('PORT, HUB_SERVICE_SECRET and DEFAULT_CUSTOMER_ID are used; a chosen secret is not printed, nor a link beside a provider', async () => {
    const PORT = String(await freePort());
    const HUB_SERVICE_SECRET = 'chosen-by-the-operator';
    const provider = {
      OIDC_ISSUER: 'https://id.example',
      OIDC_CLIENT_ID: 'missions',
      OIDC_CLIENT_SECRET: 'the-secret-at-the-provider',
    };
    const launcher = await start({ PORT, HUB_SERVICE_SECRET, DEFAULT_CUSTOMER_ID: 'acme', ...provider });
    expect(launcher.address).to.equal(`http://127.0.0.1:${PORT}`);
    expect(launcher.output())
      .not.to.contain(HUB_SERVICE_SECRET)
      .and.not.contain('sign-in#')
      .and.not.contain(provider.OIDC_CLIENT_SECRET);
    const page = await fetch(`${launcher.address}/sign-in`, { headers: { accept: 'text/html' } });
    expect(await page.text()).to.contain('<meta name="sign-in-by" content="provider">');
    const { stdout } = await paste(launcher.firstCall, { HUB_SERVICE_SECRET });
    expect(JSON.parse(stdout)).to.include({ customer_id: 'acme' });
    launcher.signal('SIGTERM');
    expect(await launcher.ended).to.equal(0);
  });
});
