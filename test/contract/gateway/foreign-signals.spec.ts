import { expect } from 'chai';
import { randomUUID } from 'node:crypto';
import { Api, type ApiResponse } from '@missions/test-support/api.ts';
import { product } from '@missions/test-support/shared-product.ts';
import { keyOf } from './agent-key.ts';

/** What an agent of `eve` tried against the waits of `ada`, and what became of it. */
describe('signals of a key that is bound to another user', () => {
  let api: Api;
  let eve: { headers: { authorization: string } };
  before(async () => {
    api = new Api(await product());
    eve = { headers: await keyOf(api.customer, ['eve']) };
  });

  const codeOf = ({ status, body }: ApiResponse): string => `${status} ${body?.code ?? ''}`;
  const waiting = (wait_for: object, user_id = 'ada') =>
    api.mission({
      user_id,
      tasks: [{ title: 'Wait', wait_for: { accept_after: '2020-01-01T00:00:00Z', ...wait_for } }],
    });
  const statusOf = async ({ id }: { id: string }): Promise<string> => (await api.get(`missions/${id}`)).body.status;
  const mailed = async () => {
    const mission = await api.mission({ tasks: [{ title: 'Ask Sarah' }] });
    const letter = { to: ['sarah@example.com'], subject: 'When?', body: 'Tuesday?', expect_reply: true };
    const task = { mission_id: mission.id, task_id: mission.tasks[0].id };
    const { body } = await api.post('emails', { user_id: 'ada', ...letter, ...task });
    expect(await statusOf(mission)).to.equal('waiting');
    return { mission, reference: body.id as string };
  };

  it('do not forge the replies to a mail, nor take their ids', async () => {
    const { mission, reference } = await mailed();
    for (const id of [undefined, `all:${reference}`]) {
      const forged = await api.post('signals', { kind: 'email_reply', reference, ...(id && { id }) }, eve);
      expect(codeOf(forged)).to.equal('403 FORBIDDEN');
      expect(forged.body.detail).to.contain('POST /api/internal/emails/check-replies');
    }
    expect(await statusOf(mission)).to.equal('waiting');
    const real = { kind: 'email_reply', reference, id: `all:${reference}`, user_id: 'ada' };
    expect((await api.post('signals', real)).body).to.include({ duplicate: false, waiters: 1 });
  });

  it('do not read the replies to a mail by a wait for them', async () => {
    const { reference } = await mailed();
    const wait = { kind: 'email_reply', reference };
    const before = await waiting(wait, 'eve');
    const told = await api.post(
      'signals',
      { ...wait, data: { text: 'A secret' } },
      { headers: { 'x-user-id': 'ada' } },
    );
    expect(told.body).to.include({ waiters: 1 });
    for (const mission of [before, await waiting(wait, 'eve')]) {
      const read = await api.get(`missions/${mission.id}`, eve);
      expect(read.body).to.include({ user_id: 'eve', status: 'waiting' });
      expect(read.text).not.to.contain('A secret');
    }
  });

  it('do not fake the end of a mission', async () => {
    const first = await api.mission();
    const second = await waiting({ kind: 'mission', reference: first.id });
    const faked = await api.post('signals', { kind: 'mission', reference: first.id }, eve);
    expect(codeOf(faked)).to.equal('403 FORBIDDEN');
    expect(faked.body.detail).to.contain('PATCH /api/internal/missions/{mission_id}');
    expect(await statusOf(second)).to.equal('waiting');
  });

  it('do not suppress the signal of the trusted backend by its id', async () => {
    const wait = { kind: 'webhook', reference: randomUUID() };
    const signal = { ...wait, id: 'evt_1' };
    const mission = await waiting(wait);
    expect((await api.post('signals', signal, eve)).body).to.include({ duplicate: false, waiters: 0 });
    expect(await statusOf(mission)).to.equal('waiting');
    expect((await api.post('signals', signal)).body).to.include({ duplicate: false, waiters: 1 });
    expect(await statusOf(mission)).to.equal('active');
  });

  it('name no other user in the body either', async () => {
    const signal = { kind: 'webhook', reference: randomUUID() };
    const mission = await waiting(signal);
    expect(codeOf(await api.post('signals', { ...signal, user_id: 'ada' }, eve))).to.equal('403 FORBIDDEN');
    expect(await statusOf(mission)).to.equal('waiting');
  });

  it('of a key for several users end the waits of the one that it names', async () => {
    const { authorization } = await keyOf(api.customer, ['eve', 'ada'], 'both');
    const both = { headers: { authorization } };
    const signal = { kind: 'webhook', reference: randomUUID() };
    const [adas, eves] = [await waiting(signal), await waiting(signal, 'eve')];
    expect(codeOf(await api.post('signals', signal, both))).to.equal('400 VALIDATION_FAILED');
    expect((await api.post('signals', { ...signal, user_id: 'ada' }, both)).body).to.include({ waiters: 1 });
    expect([await statusOf(adas), await statusOf(eves)]).to.deep.equal(['active', 'waiting']);
  });

  it('of a key for all users end the waits of all, as those of the trusted backend do', async () => {
    const headers = await keyOf(api.customer, null, 'all');
    for (const options of [{ headers }, {}]) {
      const signal = { kind: 'webhook', reference: randomUUID() };
      const missions = [await waiting(signal), await waiting(signal, 'eve')];
      expect((await api.post('signals', signal, options)).body).to.include({ waiters: 2 });
      for (const mission of missions) expect(await statusOf(mission)).to.equal('active');
    }
  });
});
