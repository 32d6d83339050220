import { expect } from 'chai';
import { randomUUID } from 'node:crypto';
import { product } from '@missions/test-support/shared-product.ts';
import { waitUntil } from '@missions/test-support/wait-until.ts';
import { MissionsClient } from './client.ts';
import { isCode, MissionsError } from './missions-error.ts';
import type { ResponseDetails } from './options.ts';
import { collect } from './testing/collect.ts';

const NOBODY = '00000000-0000-7000-8000-000000000000';

describe('the client', () => {
  let client: MissionsClient;
  let origin: string;
  let secret: string;

  before(async () => {
    ({ origin, secret } = await product());
    client = new MissionsClient({
      baseUrl: `${origin}/`,
      credential: secret,
      customerId: `client-${randomUUID()} Zoë 日本`,
      userId: 'ada 👩🏽‍💻',
      agentId: 'plännér',
    });
  });

  const refusal = async (call: Promise<unknown>): Promise<MissionsError> => {
    const error = await call.then(
      () => new Error('was not refused'),
      (thrown: unknown) => thrown,
    );
    if (!(error instanceof MissionsError)) throw error;
    return error;
  };

  it('creates, changes, signals and completes a mission', async () => {
    const mission = await client.createMission({
      title: 'Q1 budget meeting',
      conversation_id: 'conv-A',
      tasks: [{ title: 'Check my calendar' }],
    });
    expect(mission).to.deep.include({
      title: 'Q1 budget meeting',
      user_id: 'ada 👩🏽‍💻',
      created_by_agent_id: 'plännér',
      version: 1,
      status: 'active',
    });

    const [asked, booked] = await client.addMissionTasks(mission.id, [
      { title: 'Ask Sarah', ref: 'ask', wait_for: { kind: 'email_reply' } },
      { title: 'Book it', depends_on: ['ask'] },
    ]);
    expect([asked?.status, booked?.status]).to.deep.equal(['waiting_external', 'pending']);
    const announcement = await client.addMissionTask(mission.id, {
      title: 'Tell everybody',
      depends_on: [booked?.id ?? ''],
    });
    expect(announcement).to.include({ title: 'Tell everybody', status: 'pending', mission_id: mission.id });

    const done = await client.updateMissionTask(mission.id, mission.tasks[0]?.id ?? '', {
      status: 'completed',
      result: { free: ['10:00'] },
    });
    expect(done).to.deep.include({ status: 'completed', result: { free: ['10:00'] } });
    expect(done.mission).to.include({ id: mission.id, status: 'waiting' });

    const note = await client.logMissionEvent(mission.id, { event_type: 'note', content: 'Sarah is away on Monday' });
    expect(note).to.include({ event_type: 'note', agent_id: 'plännér', content: 'Sarah is away on Monday' });

    const resumed = await client.resumeMission(mission.id, { conversation_id: 'conv-B' }, { since: note.sequence });
    expect(resumed.blockers.map(({ kind }) => kind)).to.deep.equal(['email_reply']);
    expect(resumed.brief).to.contain('Q1 budget meeting');

    expect(await client.sendSignal({ kind: 'email_reply', reference: asked?.id ?? '' })).to.include({
      duplicate: false,
      waiters: 1,
    });
    await waitUntil(async () => (await client.getMission(mission.id)).status === 'active');

    const ended = await client.updateMission(mission.id, { status: 'completed', summary: 'Tuesday at ten' });
    expect(ended).to.include({ status: 'completed', outcome: 'success', summary: 'Tuesday at ten' });
    expect(
      (await client.getMission(mission.id, { include_events: 1 })).recent_events.map((event) => event.event_type),
    ).to.deep.equal(['completed']);
  });

  it('sends, reads, checks and follows up an e-mail whose replies a mission waits for', async () => {
    const { id, tasks } = await client.createMission({ title: 'Ask Sarah', tasks: [{ title: 'Ask' }] });
    const options = { idempotencyKey: randomUUID() };
    const letter = {
      to: ['Zoë <zoe@example.com>'],
      subject: 'Wann? 日本',
      body: 'Dienstag um zehn?',
      expect_reply: true,
      mission_id: id,
      task_id: tasks[0]?.id ?? null,
    };
    const sent = await client.sendEmail(letter, options);
    expect(sent).to.deep.include({
      subject: letter.subject,
      body_text: letter.body,
      to: letter.to,
      pending_from: ['zoe@example.com'],
      mission_id: id,
      user_id: 'ada 👩🏽‍💻',
      status: 'queued',
    });
    expect(await client.getMission(id)).to.include({ status: 'waiting', blocked_by: `email_reply:${sent.id}` });
    await waitUntil(async () => (await client.getEmail(sent.id)).sent_at !== null, {
      what: 'the mail to be sent',
    });
    expect(await client.sendEmail(letter, options)).to.deep.equal(sent);
    expect(await client.checkReplies({ tracking_ids: [sent.id] }))
      .to.deep.include({ replies: [], new_replies: [], all_replied: false })
      .and.to.have.nested.property('pending[0].tracking_id', sent.id);
    expect(await client.sendFollowUp(sent.id, { body: 'Und?' })).to.include({
      id: sent.id,
      follow_ups: 1,
      status: 'followup_sent',
    });
    expect(
      (await client.resumeMission(id, { conversation_id: 'conv-B' })).emails.map((email) => [
        email.id,
        email.follow_ups,
        email.replies,
      ]),
    ).to.deep.equal([[sent.id, 1, []]]);
    expect(isCode(await refusal(client.getEmail(NOBODY)), 'EMAIL_NOT_FOUND')).to.equal(true);
    expect(isCode(await refusal(client.for({ userId: 'eve' }).getEmail(sent.id)), 'EMAIL_NOT_FOUND')).to.equal(true);
    await client.updateMission(id, { status: 'cancelled' });
    expect(isCode(await refusal(client.sendFollowUp(sent.id)), 'MISSION_CLOSED')).to.equal(true);
  });

  it('iterates over all pages', async () => {
    const ours = client.for({ userId: `pager-${randomUUID()}` });
    const titles = ['one', 'two', 'three', 'four', 'five'];
    for (const title of titles) await ours.createMission({ title, priority: title === 'two' ? 'low' : 'urgent' });
    const listed = await collect(
      ours.eachMission({ limit: 2, status: ['active', 'waiting'], priority: ['urgent'] }),
      (mission) => mission.title,
    );
    expect(listed).to.deep.equal(['five', 'four', 'three', 'one']);
    expect((await ours.listMissions({ limit: 2 })).missions).to.have.length(2);

    const { id } = await ours.createMission({ title: 'told' });
    for (const content of titles) await ours.logMissionEvent(id, { event_type: 'note', content });
    const history = await collect(ours.eachEvent(id, { limit: 2 }), (event) => event.sequence);
    expect(history).to.deep.equal([1, 2, 3, 4, 5, 6]);
    const newest = await collect(ours.eachEvent(id, { limit: 4, order: 'desc' }), (event) => event.sequence);
    expect(newest).to.deep.equal([6, 5, 4, 3, 2, 1]);
  });

  it('fetches a page only when the previous one is consumed', async () => {
    const seen: ResponseDetails[] = [];
    for await (const event of client.eachEvent(
      (await client.createMission({ title: 'short', tasks: [{ title: 'a' }] })).id,
      { limit: 1 },
      { onResponse: (details) => seen.push(details) },
    )) {
      expect(event.sequence).to.equal(1);
      break;
    }
    expect(seen).to.have.length(1);
  });

  it('refuses a change of a mission that has changed since, with ifVersion', async () => {
    const { id, version } = await client.createMission({ title: 'contested' });
    const seen = await client.updateMission(id, { priority: 'high' }, { ifVersion: version });
    expect(seen.version).to.equal(version + 1);
    const error = await refusal(client.updateMission(id, { priority: 'low' }, { ifVersion: version }));
    expect(isCode(error, 'VERSION_MISMATCH')).to.equal(true);
    expect(error).to.include({ status: 412, attempts: 1 });
  });

  it('returns the first response again for the same idempotency key', async () => {
    const responses: ResponseDetails[] = [];
    const options = { idempotencyKey: randomUUID(), onResponse: (details: ResponseDetails) => responses.push(details) };
    const [first, second] = [
      await client.createMission({ title: 'once' }, options),
      await client.createMission({ title: 'once' }, options),
    ];
    expect(second).to.deep.equal(first);
    expect(responses.map(({ status, replayed, attempts }) => ({ status, replayed, attempts }))).to.deep.equal([
      { status: 201, replayed: false, attempts: 1 },
      { status: 201, replayed: true, attempts: 1 },
    ]);
    expect(isCode(await refusal(client.createMission({ title: 'twice' }, options)), 'IDEMPOTENCY_KEY_REUSED')).to.equal(
      true,
    );
  });

  it('executes two calls without a key twice', async () => {
    const [one, other] = await Promise.all([
      client.createMission({ title: 'same' }),
      client.createMission({ title: 'same' }),
    ]);
    expect(one.id).not.to.equal(other.id);
  });

  it('reports each mistake in invalid input with its path', async () => {
    const error = await refusal(
      client.createMission({ title: '', priority: 'sometimes' as 'low' }, { requestId: 'asked-by-spec' }),
    );
    expect(error).to.deep.include({ code: 'VALIDATION_FAILED', status: 400, requestId: 'asked-by-spec', attempts: 1 });
    expect(error.errors.map(({ path }) => path)).to.have.members(['/title', '/priority']);
    expect(error.message).to.equal(`VALIDATION_FAILED: ${error.detail}`);
  });

  it('reports the allowed transitions of a refused one', async () => {
    const { id } = await client.createMission({ title: 'ended' });
    await client.updateMission(id, { status: 'cancelled' });
    const error = await refusal(client.updateMission(id, { status: 'paused' }));
    expect(isCode(error, 'INVALID_TRANSITION', 'MISSION_CLOSED')).to.equal(true);
    expect(error).to.include({ status: 409 });
    expect(error.problem).to.have.property('allowed').that.is.an('array');
  });

  it('reads only missions of its customer and its user', async () => {
    const { id } = await client.createMission({ title: 'mine' });
    expect(
      await client
        .for({ userId: 'eve' })
        .getMission(id)
        .catch((error: unknown) => error),
    ).to.satisfy((error: unknown) => isCode(error, 'MISSION_NOT_FOUND'));
    expect(
      await client
        .for({ customerId: 'another' })
        .getMission(id)
        .catch((error: unknown) => error),
    ).to.satisfy((error: unknown) => isCode(error, 'MISSION_NOT_FOUND'));
    expect((await refusal(client.getMission(NOBODY))).code).to.equal('MISSION_NOT_FOUND');
  });

  it('fails with UNAUTHENTICATED for an unknown credential', async () => {
    const error = await refusal(
      new MissionsClient({ baseUrl: origin, credential: 'wrong' }).listMissions({ user_id: 'ada' }),
    );
    expect(error).to.include({ code: 'UNAUTHENTICATED', status: 401 });
  });

  it('passes on the trace context', async () => {
    const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
    let returned = '';
    await client.listMissions(
      {},
      { traceparent, onResponse: ({ headers }) => void (returned = headers.get('traceparent') ?? '') },
    );
    expect(returned).to.contain('0af7651916cd43dd8448eb211c80319c').and.not.equal(traceparent);
  });

  it('sends no id that would address another resource', async () => {
    for (const id of ['', '.', '..'])
      expect(await refusal(client.getMission(id))).to.include({ code: 'VALIDATION_FAILED', attempts: 0 });
    expect((await refusal(client.getMission('../signals?x=/#'))).code).to.equal('MISSION_NOT_FOUND');
  });

  it('refuses an unusable address or credential without quoting it', () => {
    for (const baseUrl of ['localhost:8003', 'ftp://here', 'http://here?x=1'])
      expect(() => new MissionsClient({ baseUrl, credential: 'x' })).to.throw(TypeError, 'baseUrl');
    for (const credential of ['', 'two words', 'line\nbreak', 'ünï']) {
      expect(() => new MissionsClient({ baseUrl: 'http://here', credential })).to.throw(
        TypeError,
        /^credential must be printable ASCII without spaces$/,
      );
    }
  });
});
