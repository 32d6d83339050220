import { randomUUID } from 'node:crypto';
import { expect } from 'chai';
import { type ApiResponse, Api } from '@missions/test-support/api.ts';
import { product } from '@missions/test-support/shared-product.ts';
import { waitUntil } from '@missions/test-support/wait-until.ts';
import { keyOf } from './agent-key.ts';

describe('Idempotency-Key', () => {
  let api: Api;
  const body = { user_id: 'ada', title: 'Once' };

  beforeEach(async () => {
    api = new Api(await product());
  });

  const keyed = (key: string = randomUUID()) => ({ headers: { 'idempotency-key': key } });
  const titles = async (user = 'ada'): Promise<string[]> =>
    (await api.get(`missions?user_id=${user}`)).body.missions.map((one: { title: string }) => one.title);
  const replayed = (answer: ApiResponse): boolean => answer.headers.get('idempotency-replayed') === 'true';

  it('the same key and body replays the first response, marked as a replay', async () => {
    const key = keyed();
    const first = await api.post('missions', body, key);
    expect([first.status, replayed(first)]).to.deep.equal([201, false]);
    // Later changes do not show: the first response is replayed.
    await api.patch(`missions/${first.body.id}`, { title: 'Changed since' });
    const again = await api.post('missions', body, key);
    expect([again.status, replayed(again), again.text]).to.deep.equal([201, true, first.text]);
    expect(again.headers.get('etag')).to.equal('"1"');
    expect(await titles()).to.deep.equal(['Changed since']);
  });

  it('20 concurrent calls create one mission, and each call gets its response', async () => {
    const key = keyed();
    const answers = await Promise.all(Array.from({ length: 20 }, () => api.post('missions', body, key)));
    expect(new Set(answers.map((one) => one.status))).to.deep.equal(new Set([201]));
    expect(new Set(answers.map((one) => one.text)).size).to.equal(1);
    expect(answers.filter(replayed)).to.have.length(19);
    expect(await titles()).to.deep.equal(['Once']);
  });

  it('20 concurrent calls on one mission have one effect, for every POST', async () => {
    const { id } = await api.mission();
    for (const [path, sent] of [
      ['tasks', { title: 'Once' }],
      ['tasks', { tasks: [{ title: 'Twice' }, { title: 'Thrice' }] }],
      ['events', { event_type: 'note', content: 'Once' }],
      ['resume', { conversation_id: 'conv-B' }],
    ] as const) {
      const before = (await api.get(`missions/${id}`)).body.version as number;
      const key = keyed();
      const answers = await Promise.all(
        Array.from({ length: 20 }, () => api.post(`missions/${id}/${path}`, sent, key)),
      );
      expect(new Set(answers.map((one) => one.text)).size, path).to.equal(1);
      expect(answers.filter(replayed), path).to.have.length(19);
      expect((await api.get(`missions/${id}`)).body.version, path).to.equal(before + 1);
    }
  });

  it('20 calls send one e-mail, with or without a mission, and its first response is replayed later', async () => {
    const { id } = await api.mission();
    for (const mission_id of [id, null]) {
      const key = keyed();
      const letter = {
        user_id: 'ada',
        to: ['sarah@example.com'],
        subject: 'When?',
        body: 'Tuesday?',
        expect_reply: true,
        mission_id,
      };
      const answers = await Promise.all(Array.from({ length: 20 }, () => api.post('emails', letter, key)));
      expect(new Set(answers.map((one) => one.text)).size, answers[0]?.text).to.equal(1);
      expect(answers.map((one) => one.status)).to.deep.equal(answers.map(() => 201));
      expect(answers.filter(replayed)).to.have.length(19);
      const tracking = answers[0]?.body.id;
      await waitUntil(async () => (await api.get(`emails/${tracking}`)).body.sent_at !== null, {
        what: 'the mail to be sent',
      });
      expect((await api.post('emails', letter, key)).text).to.equal(answers[0]?.text);
      const remind = keyed();
      const reminders = await Promise.all(
        Array.from({ length: 20 }, () => api.post(`emails/${tracking}/follow-up`, { body: 'So?' }, remind)),
      );
      expect(new Set(reminders.map((one) => one.text)).size, reminders[0]?.text).to.equal(1);
      expect(reminders.filter(replayed)).to.have.length(19);
      expect((await api.get(`emails/${tracking}`)).body.follow_ups).to.equal(1);
    }
  });

  it('a key with another body gets 422', async () => {
    const key = keyed();
    await api.post('missions', body, key);
    const other = await api.post('missions', { ...body, title: 'Other' }, key);
    expect(other.status).to.equal(422);
    expect(other.body.code).to.equal('IDEMPOTENCY_KEY_REUSED');
    expect(await titles()).to.deep.equal(['Once']);
  });

  it('a body is compared by its meaning: members may come in another order, and 1.0 is 1', async () => {
    const key = keyed();
    const metadata = '{"1":[{"a":1,"b":{"c":1,"d":2}}],"name":null}';
    const first = await api.post('missions', `{"user_id":"ada","title":"Once","metadata":${metadata}}`, key);
    const other = '{"name":null,"1":[{"b":{"d":2.0,"c":10e-1},"a":1}]}';
    const again = await api.post('missions', `{ "metadata":${other}, "title":"\\u004fnce", "user_id":"ada" }`, key);
    expect([first.status, again.status, replayed(again), again.text]).to.deep.equal([201, 201, true, first.text]);
    for (const changed of ['{"1":[{"a":1}]}', metadata.replace('[{', '[1,{'), metadata.replace('2}', '"2"}')]) {
      const sent = `{"user_id":"ada","title":"Once","metadata":${changed}}`;
      expect((await api.post('missions', sent, key)).status, changed).to.equal(422);
    }
  });

  it('a key belongs to the agent, whichever of its two credentials it calls with', async () => {
    const key = randomUUID();
    const [old, young, other] = [
      await keyOf(api.customer, null, 'rotating'),
      await keyOf(api.customer, null, 'rotating'),
      await keyOf(api.customer, null, 'another'),
    ];
    const send = (credential: { authorization: string }) =>
      api.post('missions', body, { headers: { ...credential, 'idempotency-key': key } });
    const first = await send(old);
    const [again, stranger] = [await send(young), await send(other)];
    expect([again.status, replayed(again), again.text]).to.deep.equal([201, true, first.text]);
    expect([stranger.status, replayed(stranger)]).to.deep.equal([201, false]);
  });

  it('a key belongs to its customer, user and path', async () => {
    const key = keyed();
    const { id } = await api.mission({ title: 'Host' });
    const elsewhere = await Promise.all([
      api.post('missions', body, key),
      api.post('missions', { ...body, user_id: 'eve' }, key),
      new Api(await product()).post('missions', body, key),
      api.post(`missions/${id}/events`, { event_type: 'note' }, key),
      api.post(`missions/${id}/resume`, {}, key),
    ]);
    expect(elsewhere.map((one) => [one.status, replayed(one)])).to.deep.equal([
      [201, false],
      [201, false],
      [201, false],
      [201, false],
      [200, false],
    ]);
  });

  it('a refusal does not use up its key', async () => {
    const key = keyed();
    expect((await api.post('missions', { ...body, title: '' }, key)).status).to.equal(400);
    expect(
      (await api.post('missions', { ...body, tasks: [{ title: 'a', depends_on: ['nowhere'] }] }, key)).status,
    ).to.equal(409);
    const good = await api.post('missions', body, key);
    expect([good.status, replayed(good)]).to.deep.equal([201, false]);
  });

  it('a key that is too long is refused, and a key on PATCH is ignored', async () => {
    const long = await api.post('missions', body, keyed('k'.repeat(256)));
    expect([long.status, long.body.errors[0].path]).to.deep.equal([400, 'Idempotency-Key']);
    const { id } = await api.mission();
    const key = keyed();
    expect((await api.patch(`missions/${id}`, { title: 'one' }, key)).status).to.equal(200);
    expect((await api.patch(`missions/${id}`, { title: 'two' }, key)).body.title).to.equal('two');
  });
});
