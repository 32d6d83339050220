import { Client } from 'pg';
import { expect } from 'chai';
import { Api, type ApiResponse } from '@missions/test-support/api.ts';
import { product } from '@missions/test-support/shared-product.ts';
import { keyOf } from './agent-key.ts';
import { call, operations } from './call.ts';
import { example, exampleMission } from './examples.ts';

const missions = '/api/v1/missions';

describe('what a user reads', () => {
  let api: Api;
  beforeEach(async () => {
    api = new Api(await product());
  });

  const get = (path = '', headers: Record<string, string | null> = {}): Promise<ApiResponse> =>
    api.get(`${missions}${path}`, { headers: { 'x-user-id': 'ada', ...headers } });
  const idsOf = ({ body }: ApiResponse): string[] => body.missions.map(({ id }: { id: string }) => id);

  /** Only time deletes a mission. */
  async function deletedMission(): Promise<string> {
    const { id } = await exampleMission(api);
    const client = new Client({ connectionString: (await product()).database.adminUrl });
    await client.connect();
    await client.query(
      `update mission.mission set deleted_at = now(), deletion = '{"phase": "planning", "tasks": {}}' where id = $1`,
      [id],
    );
    await client.end();
    return id;
  }

  it('lists the deleted missions that can be restored, and the others without them', async () => {
    const [stands, deleted] = [(await exampleMission(api)).id, await deletedMission()];
    expect(idsOf(await get('?deleted=true'))).to.deep.equal([deleted]);
    expect(idsOf(await get('?deleted=false'))).to.deep.equal([stands]);
    expect(idsOf(await get())).to.deep.equal([stands]);
    expect(idsOf(await get('?deleted=true', { 'x-user-id': 'eve' }))).to.deep.equal([]);
    expect((await api.get('missions?user_id=ada&deleted=true')).body.code).to.equal('VALIDATION_FAILED');
    await api.post(`${missions}/${deleted}/restore`, {}, { headers: { 'x-user-id': 'ada' } });
    expect(idsOf(await get('?deleted=true'))).to.deep.equal([]);
  });

  it('reads a deleted mission by its id, which nobody else can', async () => {
    const id = await deletedMission();
    const { status, body } = await get(`/${id}`);
    expect(status).to.equal(200);
    expect(body.deleted_at).to.be.a('string');
    expect((await get(`/${id}`, { 'x-user-id': 'eve' })).status).to.equal(404);
    expect((await get(`/${id}`, { 'x-customer-id': 'another' })).status).to.equal(404);
    expect((await api.get(`missions/${id}`)).status).to.equal(404);
    const key = await keyOf(api.customer, ['ada']);
    expect((await get(`/${id}`, { 'x-customer-id': null, ...key })).status).to.equal(403);
  });

  it('pages through the whole history', async () => {
    const { id } = await exampleMission(api);
    for (let n = 0; n < 5; n += 1) await api.post(`missions/${id}/events`, { event_type: 'note', content: String(n) });
    const seen: number[] = [];
    for (let cursor = ''; ;) {
      const { body } = await get(`/${id}/events?limit=3${cursor}`);
      seen.push(...body.events.map(({ sequence }: { sequence: number }) => sequence));
      if (body.next_cursor === null) break;
      cursor = `&cursor=${body.next_cursor}`;
    }
    expect(seen).to.deep.equal(seen.map((_, index) => index + 1));
    expect(seen.length).to.be.at.least(8);
    const [newest] = (await get(`/${id}/events?order=desc&limit=1`)).body.events;
    expect(newest.sequence).to.equal(seen.length);
  });

  it('reads the mail and the runs of a mission', async () => {
    const find = (name: string) => operations.find(({ id }) => id === name) as (typeof operations)[number];
    const ofMail = await example(api, find('listMyMissionEmails'));
    const { emails } = (await call(api, find('listMyMissionEmails'), ofMail)).body;
    expect(emails).to.have.length(1);
    expect(emails[0]).to.deep.include({ subject: 'When?', pending_from: ['sarah@example.com'], replies: [] });

    const { id } = await api.mission({ can_run_autonomously: true });
    const { run } = (await api.post('runs/claim', { agent_id: 'worker', wait_seconds: 20 })).body;
    await api.post(`runs/${run.id}/finish`, { fence: run.fence, status: 'succeeded' });
    const { runs, next_cursor } = (await get(`/${id}/runs?limit=1`)).body;
    expect([runs.length, next_cursor]).to.deep.equal([1, null]);
    expect(runs[0]).to.include({ id: run.id, status: 'succeeded', agent_id: 'worker' });
  });

  it('pages through the mail of a mission, newest first, while more is sent', async () => {
    const { id } = await exampleMission(api);
    const sent: string[] = [];
    const send = async (): Promise<void> => {
      const mail = { user_id: 'ada', mission_id: id, to: ['sarah@example.com'], subject: 'When?', body: 'When?' };
      sent.unshift((await api.post('emails', mail)).body.id);
    };
    for (let n = 0; n < 5; n += 1) await send();
    const whole = [...sent];
    const seen: string[] = [];
    for (let cursor = ''; ;) {
      const { status, body } = await get(`/${id}/emails?limit=2${cursor}`);
      expect([status, Object.keys(body)]).to.deep.equal([200, ['emails', 'next_cursor']]);
      seen.push(...body.emails.map((email: { id: string }) => email.id));
      if (body.next_cursor === null) break;
      await send();
      cursor = `&cursor=${body.next_cursor}`;
    }
    expect(seen).to.deep.equal(whole);
    for (const query of ['limit=0', 'limit=201', 'cursor=no', `cursor=${btoa('["x","y"]')}`, 'order=asc'])
      expect((await get(`/${id}/emails?${query}`)).status, query).to.equal(400);
  });

  for (const part of ['events', 'emails', 'runs'])
    it(`reads the ${part} of their own missions only`, async () => {
      const { id } = await exampleMission(api);
      const key = await keyOf(api.customer, ['ada']);
      expect((await get(`/${id}/${part}`)).status).to.equal(200);
      expect((await get(`/${id}/${part}`, { 'x-user-id': 'eve' })).status).to.equal(404);
      expect((await get(`/${id}/${part}`, { 'x-customer-id': 'another' })).status).to.equal(404);
      expect((await get(`/${id}/${part}`, { 'x-customer-id': null, ...key })).status).to.equal(403);
      expect((await get(`/no-id/${part}`)).status).to.equal(404);
    });

  it('is 304 without a body while the mission is as they read it, for agents too', async () => {
    const { id } = await exampleMission(api);
    for (const path of [`${missions}/${id}`, `missions/${id}`]) {
      const read = (tags: string | null) =>
        api.get(path, { headers: { 'x-user-id': 'ada', 'if-none-match': tags, 'if-modified-since': null } });
      const tag = (await read(null)).headers.get('etag') ?? '';
      for (const same of [tag, `W/${tag}`, `"other", ${tag}`, '*']) {
        const { status, text, headers } = await read(same);
        expect([status, text, headers.get('etag')], same).to.deep.equal([304, '', tag]);
        expect(headers.get('cache-control')).to.equal('no-store');
      }
      for (const other of ['"999"', tag.replaceAll('"', ''), 'x'])
        expect((await read(other)).status, other).to.equal(200);
      await api.post(`missions/${id}/events`, { event_type: 'note', content: 'new' });
      expect((await read(tag)).status).to.equal(200);
      const others = { headers: { 'x-user-id': 'eve', 'if-none-match': '*' } };
      expect((await api.get(path, others)).status).to.equal(404);
    }
  });
});
