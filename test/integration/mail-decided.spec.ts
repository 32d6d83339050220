import { expect } from 'chai';
import { createHmac, randomUUID } from 'node:crypto';
import type { TrackedEmail } from '@missions/contracts/email/email.ts';
import { TrackedEmail as Shape } from '@missions/contracts/email/email.ts';
import { parser } from '@missions/contracts/schema.ts';
import { type ApiResponse, Api } from '@missions/test-support/api.ts';
import { type DeployedServers, startDeployedServers } from '@missions/test-support/deployed-servers.ts';
import { type Product, startProduct } from '@missions/test-support/product.ts';
import { waitUntil } from '@missions/test-support/wait-until.ts';
import { expectStatus, isActiveAgain, historyOf, missionOf } from './client.ts';
import { type BridgeStandIn, startBridgeStandIn } from './bridge-stand-in.ts';

const SECRET = 'a-secret-of-the-provider';
const [sarah, john] = ['sarah@example.com', 'john@example.com'];

/**
 * The deployed gateway, mission service and scheduler with a stand-in for the email-bridge, which a test can make
 * unavailable and whose responses it can repeat.
 */
describe('an e-mail that the mission service decides', () => {
  let servers: DeployedServers;
  let running: Product;
  let bridge: BridgeStandIn;
  let api: Api;

  before(async () => {
    servers = await startDeployedServers();
    bridge = await startBridgeStandIn(servers.natsUrlFor('email-bridge'));
    running = await startProduct({
      database: await servers.freshDatabase(),
      natsUrlFor: servers.natsUrlFor,
      only: ['mission', 'scheduler', 'gateway'],
      env: { gateway: { INBOUND_EMAIL_SECRET: SECRET } },
    });
    api = new Api(running);
  });
  afterEach(function () {
    if (this.currentTest?.state === 'failed') console.error(running?.logs());
  });
  after(async () => {
    await running?.stop();
    await bridge?.stop();
    await servers?.stop();
  });

  const letter = { user_id: 'ada', to: [`Sarah <${sarah}>`, john], subject: 'Q1', body: 'When?', expect_reply: true };
  const planned = () => api.mission({ tasks: [{ title: 'Ask them' }] });
  const keyed = (key: string = randomUUID()) => ({ headers: { 'idempotency-key': key } });
  const codeOf = ({ status, body }: ApiResponse): string => `${status} ${body?.code ?? ''}`;
  const replayed = ({ headers }: ApiResponse): boolean => headers.get('idempotency-replayed') === 'true';

  it('blocks its mission at once, is read with the bridge’s data, and unblocks it when all have replied', async () => {
    const mission = await planned();
    const sent: TrackedEmail = await expectStatus(
      201,
      api.post('emails', {
        ...letter,
        agent_id: 'planner',
        mission_id: mission.id,
        task_id: mission.tasks[0].id,
        conversation_id: 'conv-A',
      }),
    );
    parser(Shape)(sent);
    expect(sent).to.deep.include({
      status: 'queued',
      mission_id: mission.id,
      pending_from: [sarah, john],
      message_id: `<${sent.id}.token@example.com>`,
      reply_to: 'reply+token@example.com',
    });
    expect(await missionOf(api, mission.id)).to.include({ status: 'waiting', blocked_by: `email_reply:${sent.id}` });
    expect((await api.get(`emails/${sent.id}?user_id=ada`)).body).to.deep.include({ id: sent.id, replies: [] });
    expect(bridge.callers.at(-1)).to.include({ user_id: 'ada', agent_id: 'planner' });
    const { emails, brief } = await expectStatus(
      200,
      api.post(`missions/${mission.id}/resume`, { conversation_id: 'conv-B' }),
    );
    expect(emails.map((one: TrackedEmail) => [one.id, one.pending_from])).to.deep.equal([[sent.id, [sarah, john]]]);
    expect(brief)
      .to.contain(`email_reply:${sent.id}`)
      .and.contain('answers of sarah@example.com, john@example.com')
      .and.contain(String(sent.expires_at));
    await bridge.replied(sent, sarah as string);
    await bridge.replied(sent, john as string);
    await bridge.allReplied(sent);
    const after = await isActiveAgain(api, mission.id);
    expect(after.tasks[0]).to.include({ status: 'in_progress' });
    const history = await historyOf(api, mission.id);
    expect(
      history.filter((it) => it.event_type === 'external_event').map((it) => it.metadata.from_address),
    ).to.deep.equal([sarah, john]);
  });

  it('is replayed unchanged for the same key, whatever its state, with a mission or without one', async () => {
    const mission = await planned();
    for (const body of [{ ...letter, mission_id: mission.id }, letter]) {
      const key = keyed();
      const first = await api.post('emails', body, key);
      expect([first.status, replayed(first)], first.text).to.deep.equal([201, false]);
      bridge.emails.set(first.body.id, {
        ...(bridge.emails.get(first.body.id) as TrackedEmail),
        status: 'some_replied',
        received_from: [john as string],
        sent_at: first.body.created_at,
      });
      if (!('mission_id' in body)) {
        // Without a mission, the key goes to the bridge, and the bridge's response is passed on, its mark of a replay
        // included.
        expect(bridge.callers.findLast((it) => it.verb === 'send')?.keyed).to.equal(true);
        continue;
      }
      const again = await api.post('emails', body, key);
      expect([again.status, replayed(again), again.text]).to.deep.equal([201, true, first.text]);
      expect(codeOf(await api.post('emails', { ...body, subject: 'Other' }, key))).to.equal(
        '422 IDEMPOTENCY_KEY_REUSED',
      );
    }
    expect(new Set(bridge.ensured.filter((it) => it.mission_id === mission.id).map((it) => it.id)).size).to.equal(1);
  });

  it('is sent once for 20 concurrent calls with one key', async () => {
    const mission = await planned();
    const key = keyed();
    const answers = await Promise.all(
      Array.from({ length: 20 }, () => api.post('emails', { ...letter, mission_id: mission.id }, key)),
    );
    expect(new Set(answers.map((one) => one.text)).size).to.equal(1);
    expect(answers.filter(replayed)).to.have.length(19);
    expect((await missionOf(api, mission.id)).blockers).to.have.length(1);
  });

  it('is refused for an ended or foreign mission, a task that cannot wait, or invalid recipients', async () => {
    const mission = await planned();
    const ended = await planned();
    await expectStatus(200, api.patch(`missions/${ended.id}`, { status: 'cancelled' }));
    await expectStatus(200, api.patch(`missions/${mission.id}/tasks/${mission.tasks[0].id}`, { status: 'completed' }));
    const ensured = bridge.ensured.length;
    const refused = async (more: object) =>
      codeOf(await api.post('emails', { ...letter, mission_id: mission.id, ...more }));
    expect(await refused({ mission_id: ended.id })).to.equal('409 MISSION_CLOSED');
    expect(await refused({ task_id: mission.tasks[0].id })).to.equal('409 INVALID_TRANSITION');
    expect(await refused({ task_id: randomUUID() })).to.equal('404 TASK_NOT_FOUND');
    expect(await refused({ user_id: 'eve' })).to.equal('404 MISSION_NOT_FOUND');
    for (const wrong of [
      { to: [] },
      { to: ['nobody'] },
      { to: ['a@b.example\r\nBcc: x@y.example'] },
      { subject: 'a\nb' },
      { expected_recipients: ['eve@example.com'] },
      { expect_reply: false, expected_recipients: [john] },
      { user_id: undefined },
    ]) {
      expect(await refused(wrong), JSON.stringify(wrong)).to.equal('400 VALIDATION_FAILED');
    }
    expect(
      codeOf(
        await api.post('emails', { ...letter, mission_id: mission.id }, { headers: { 'x-run': `${randomUUID()}:1` } }),
      ),
    ).to.equal('409 LEASE_LOST');
    expect(bridge.ensured).to.have.length(ensured);
  });

  it('is followed up by a decision of its mission, or directly if it has no mission', async () => {
    const mission = await planned();
    const sent: TrackedEmail = await expectStatus(201, api.post('emails', { ...letter, mission_id: mission.id }));
    expect(codeOf(await api.post(`emails/${sent.id}/follow-up`, {}))).to.equal('409 INVALID_TRANSITION');
    bridge.emails.set(sent.id, { ...sent, status: 'some_replied', pending_from: [john as string] });
    const key = keyed();
    const first = await api.post(`emails/${sent.id}/follow-up`, { body: 'Any news?', agent_id: 'planner' }, key);
    expect(first.body, first.text).to.include({ id: sent.id, follow_ups: 1, status: 'followup_sent' });
    expect(bridge.ensured.at(-1)).to.include({ follow_up_of: sent.id, body: 'Any news?', mission_id: mission.id });
    bridge.emails.set(sent.id, { ...sent, status: 'all_replied', pending_from: [], received_from: [john as string] });
    const again = await api.post(`emails/${sent.id}/follow-up`, { body: 'Any news?', agent_id: 'planner' }, key);
    expect([again.status, replayed(again), again.text]).to.deep.equal([200, true, first.text]);
    expect(new Set(bridge.ensured.filter((it) => it.follow_up_of === sent.id).map((it) => it.id)).size).to.equal(1);
    expect((await historyOf(api, mission.id)).at(-1)).to.include({ event_type: 'note', content: 'Any news?' });
    expect(codeOf(await api.post(`emails/${sent.id}/follow-up?user_id=eve`, {}))).to.equal('404 EMAIL_NOT_FOUND');
    expect(codeOf(await api.post('emails/none/follow-up', {}))).to.equal('404 EMAIL_NOT_FOUND');
    await expectStatus(200, api.patch(`missions/${mission.id}`, { status: 'completed' }));
    expect(codeOf(await api.post(`emails/${sent.id}/follow-up`, {}))).to.equal('409 MISSION_CLOSED');

    const alone: TrackedEmail = await expectStatus(201, api.post('emails', letter));
    expect((await api.post(`emails/${alone.id}/follow-up`, {}, keyed())).body).to.include({
      id: alone.id,
      follow_ups: 1,
    });
    expect(bridge.callers.at(-1)).to.include({ verb: 'follow_up', keyed: true });
  });

  it('is accepted while the bridge is down, and calls that need the bridge get 503', async () => {
    const mission = await planned();
    const before: TrackedEmail = await expectStatus(201, api.post('emails', letter));
    await bridge.away();
    try {
      const sent: TrackedEmail = await expectStatus(201, api.post('emails', { ...letter, mission_id: mission.id }));
      parser(Shape)(sent);
      expect(sent).to.deep.include({
        status: 'queued',
        message_id: '',
        reply_to: '',
        subject: 'Q1',
        pending_from: [sarah, john],
      });
      expect(await missionOf(api, mission.id)).to.include({ status: 'waiting', blocked_by: `email_reply:${sent.id}` });
      const unavailable = await Promise.all([
        api.post('emails', letter),
        api.get(`emails/${before.id}`),
        api.post('emails/check-replies', { user_id: 'ada' }),
      ]);
      for (const answer of unavailable) expect(codeOf(answer)).to.equal('503 UNAVAILABLE');
      const resumed = await expectStatus(200, api.post(`missions/${mission.id}/resume`, {}));
      expect(resumed).to.deep.include({ emails: [], missing: ['emails'] });
      const other = await planned();
      const soon = api.post('emails', { ...letter, mission_id: other.id });
      // The decision is stored, so the gateway has called the bridge, which was down.
      await waitUntil(async () => (await missionOf(api, other.id)).blockers.length === 1, {
        everyMs: 5,
        what: 'the decision',
      });
      await bridge.back();
      expect((await soon).body.message_id).to.match(/^<.+>$/);
    } finally {
      await bridge.back().catch(() => {});
    }
  });

  describe('the webhook for inbound mail', () => {
    const message = (text: string | Buffer = 'for us') =>
      Buffer.concat([Buffer.from('From: sarah@example.com\r\nSubject: h\u00e9\r\n\r\n', 'latin1'), Buffer.from(text)]);
    const signed = (body: Buffer, more: Record<string, string> = {}, secret = SECRET) => {
      const [id, timestamp] = [`msg_${randomUUID()}`, String(Math.floor(Date.now() / 1000))];
      const signature = createHmac('sha256', secret).update(`${id}.${timestamp}.`).update(body).digest('base64');
      return {
        headers: {
          authorization: null,
          'x-customer-id': null,
          'content-type': 'message/rfc822',
          'webhook-id': id,
          'webhook-timestamp': timestamp,
          'webhook-signature': `v1,${signature}`,
          ...more,
        },
      };
    };
    const signedWhole = (body: Buffer, from: string, to: string[]) => {
      const { headers } = signed(body);
      const content = `v2.${headers['webhook-id']}.${headers['webhook-timestamp']}.${from}\n${to.join(',')}\n`;
      const signature = createHmac('sha256', SECRET).update(content).update(body).digest('base64');
      return { headers: { ...headers, 'webhook-signature': `v2,${signature}`, 'x-envelope-from': from } };
    };
    const post = (body: Buffer, options: object, query = '') => api.post(`/hooks/inbound-email${query}`, body, options);

    it('passes on the exact bytes and the recipients of the envelope', async () => {
      const body = message();
      const { headers } = signedWhole(body, '<>', ['a+tok@example.com', 'b@example.com', 'c@example.com']);
      const answer = await post(
        body,
        { headers: { ...headers, 'x-envelope-to': 'c@example.com' } },
        '?to=a%2Btok@example.com,b@example.com',
      );
      expect([answer.status, answer.body]).to.deep.equal([200, { matched: 1 }]);
      expect(bridge.ingested.at(-1)?.envelope_from).to.equal('');
      expect(bridge.ingested.at(-1)?.raw.equals(body)).to.equal(true);
      expect(bridge.ingested.at(-1)?.envelope_to).to.deep.equal([
        'a+tok@example.com',
        'b@example.com',
        'c@example.com',
      ]);
    });

    it('takes no recipients or sender from outside of what is signed', async () => {
      const body = message();
      const { headers } = signedWhole(body, '<sarah@example.com>', ['a@example.com']);
      const before = bridge.ingested.length;
      const stolen = [
        post(body, { headers }, '?to=b@example.com'),
        post(body, { headers }, '?to=a@example.com,b@example.com'),
        post(body, { headers }, '?to=a@example.com%0Ab@example.com'),
        post(body, { headers: { ...headers, 'x-envelope-from': '<>' } }, '?to=a@example.com'),
      ];
      expect((await Promise.all(stolen)).map(codeOf)).to.deep.equal([
        '401 UNAUTHENTICATED',
        '401 UNAUTHENTICATED',
        '400 VALIDATION_FAILED',
        '401 UNAUTHENTICATED',
      ]);
      expect(bridge.ingested).to.have.length(before);
      // The form of Standard Webhooks covers the bytes alone, so they alone count.
      const answer = await post(body, signed(body, { 'x-envelope-from': '<>' }), '?to=b@example.com');
      expect(answer.body).to.include({ matched: 1 }).and.to.have.property('envelope');
      expect(bridge.ingested.at(-1)).to.deep.include({ envelope_to: [], envelope_from: undefined });
    });

    it('accepts a message that matches no e-mail with 202', async () => {
      const body = message('for others');
      const answer = await post(body, signed(body, { 'content-type': 'text/plain' }));
      expect([answer.status, answer.body]).to.deep.equal([202, { matched: 0 }]);
    });

    it('accepts 5 MB, and refuses one more byte', async () => {
      const most = message(
        Buffer.concat([Buffer.from('for us'), Buffer.alloc(5 * 1024 * 1024 - message().length, 0x80)]),
      );
      expect(most).to.have.length(5 * 1024 * 1024);
      expect((await post(most, signed(most))).status).to.equal(200);
      const more = Buffer.concat([most, Buffer.from('x')]);
      expect(codeOf(await post(more, signed(more)))).to.equal('413 PAYLOAD_TOO_LARGE');
    });

    it('refuses a message without a valid signature, another media type, and another method', async () => {
      const body = message();
      const before = bridge.ingested.length;
      const { headers } = signed(body);
      for (const wrong of [
        { ...headers, 'webhook-signature': null },
        { ...headers, 'webhook-id': 'other' },
        signed(body, {}, 'another secret of theirs').headers,
        { authorization: `Bearer ${running.secret}`, 'content-type': 'message/rfc822' },
      ]) {
        expect(codeOf(await post(body, { headers: wrong }))).to.equal('401 UNAUTHENTICATED');
      }
      expect(codeOf(await post(Buffer.concat([body, body]), { headers }))).to.equal('401 UNAUTHENTICATED');
      for (const type of [{ 'content-type': 'application/json' }, { 'content-encoding': 'gzip' }])
        expect(codeOf(await post(body, signed(body, type as Record<string, string>)))).to.equal(
          '415 UNSUPPORTED_MEDIA_TYPE',
        );
      expect(codeOf(await post(body, signed(body), `?to=${'x'.repeat(400)}@example.com`))).to.equal(
        '400 VALIDATION_FAILED',
      );
      expect((await api.get('/hooks/inbound-email')).status).to.equal(405);
      expect(bridge.ingested).to.have.length(before);
    });

    it('asks the provider to retry while the bridge is down', async () => {
      await bridge.away();
      try {
        const body = message();
        const answer = await post(body, signed(body));
        expect([answer.status, answer.headers.get('retry-after')]).to.deep.equal([503, '1']);
      } finally {
        await bridge.back();
      }
    });
  });

  it('unblocks its mission after a restart if the reply arrived while the mission service was down', async () => {
    const mission = await planned();
    const sent: TrackedEmail = await expectStatus(
      201,
      api.post('emails', { ...letter, mission_id: mission.id, until: 'any' }),
    );
    await running.mission.stop();
    await bridge.replied(sent, sarah as string);
    await running.mission.start();
    await waitUntil(async () => (await missionOf(api, mission.id)).blockers.length === 0, {
      what: 'the end of the wait',
    });
  });
});
