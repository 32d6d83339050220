import { Client } from 'pg';
import { expect } from 'chai';
import { isForUsers } from '@missions/contracts/rest/operations.ts';
import { Api } from '@missions/test-support/api.ts';
import { auditEntries, type AuditRow } from '@missions/test-support/audit-entries.ts';
import { furtherGateway } from '@missions/test-support/further-gateway.ts';
import type { Program } from '@missions/test-support/program.ts';
import { product } from '@missions/test-support/shared-product.ts';
import { waitUntil } from '@missions/test-support/wait-until.ts';
import { keyOf } from './agent-key.ts';
import { call, ofOneResource, operations } from './call.ts';
import { example, exampleMission, onlyByTime } from './examples.ts';

/** How a user's own list reads is no deed. */
const marks = ['markInboxSeen', 'snoozeInboxItem'];

/** Every other write of a user is an answer or a control. A new one is in this table by itself. */
const ofUsers = operations.filter(
  (operation) => isForUsers(operation) && operation.method !== 'get' && !marks.includes(operation.id),
);

describe('the audit record of the gateway’s calls', () => {
  let api: Api;
  beforeEach(async () => {
    api = new Api(await product());
  });
  const entries = async (customer = api.customer): Promise<AuditRow[]> =>
    auditEntries((await product()).database, customer);
  const asAda = { 'x-user-id': 'ada', 'x-request-id': 'request-7' };

  /** No caller can delete a mission. */
  const deleteAsTimeDoes = async (id: string | undefined): Promise<void> => {
    const client = new Client({ connectionString: (await product()).database.adminUrl });
    await client.connect();
    await client.query(
      `update mission.mission set deleted_at = now(), deletion = '{"phase": "planning", "tasks": {}}' where id = $1`,
      [id],
    );
    await client.end();
  };

  for (const operation of ofUsers) {
    it(`${operation.id}: has an entry of its own kind, from who called, from where`, async () => {
      const asked = await example(api, operation);
      if (onlyByTime.has(operation.id)) await deleteAsTimeDoes(asked.params?.['mission_id']);
      if (operation.id === 'letMyAgentsGoOn') await api.send('PUT', '/api/v1/stop', { body: {}, headers: asAda });
      const before = await entries();
      const answer = await call(api, operation, { ...asked, headers: asAda });
      expect(answer.status, answer.text).to.equal(operation.status);
      const [entry, ...more] = (await entries()).slice(before.length);
      expect(more).to.deep.equal([]);
      expect(entry).to.include({
        customer_id: api.customer,
        actor: 'service_secret',
        user_id: 'ada',
        action: operation.deed,
        result: 'done',
        code: null,
        address: '127.0.0.1',
        channel: 'rest',
        request_id: 'request-7',
      });
      const { mission_id, task_id, request_id, session_id, device_id, rule_id, delegation_id } = asked.params ?? {};
      // A call that names nothing is about the caller.
      const named = session_id ?? device_id ?? rule_id ?? delegation_id;
      const target = named ?? request_id ?? task_id ?? mission_id ?? answer.body?.id ?? 'ada';
      expect(entry?.['target_id']).to.equal(target);
    });

    if (!ofOneResource.includes(operation)) continue;
    it(`${operation.id}: of another user's is recorded as refused`, async () => {
      const asked = await example(api, operation);
      const before = await entries();
      const answer = await call(api, operation, { ...asked, headers: { 'x-user-id': 'eve' } });
      expect(answer.status).to.equal(404);
      const added = (await entries()).slice(before.length);
      expect(added.map(({ user_id, action, result, code }) => ({ user_id, action, result, code }))).to.deep.equal([
        { user_id: 'eve', action: operation.deed, result: 'refused', code: answer.body.code },
      ]);
    });
  }

  it('has an entry for each control by an agent, with its key', async () => {
    const it = await exampleMission(api);
    const headers = await keyOf(api.customer, ['ada']);
    const patch = async (path: string, body: object): Promise<void> => {
      const { status, text } = await api.patch(`missions/${it.id}${path}`, body, { headers });
      expect(status, text).to.equal(200);
    };
    const task = `/tasks/${it.tasks[0]?.id}`;
    await patch('', { status: 'paused' });
    await patch('', { status: 'active' });
    await patch(task, { status: 'in_progress' });
    await patch(task, { status: 'failed' });
    await patch(task, { status: 'ready' });
    await patch(task, { status: 'skipped' });
    await patch('', { summary: 'A text of somebody.' });
    // Only the user, or their backend, may allow autonomous work: an agent's key can take it back.
    for (let time = 0; time < 2; time += 1) await api.patch(`missions/${it.id}`, { can_run_autonomously: true });
    await patch('', { can_run_autonomously: false });
    await patch('', { status: 'cancelled' });
    const found = await auditEntries((await product()).database, api.customer, ['mission']);
    expect(found.map(({ action }) => action)).to.deep.equal([
      'mission.paused',
      'mission.resumed',
      'task.retried',
      'task.skipped',
      'mission.autonomy_granted',
      'mission.autonomy_withdrawn',
      'mission.cancelled',
    ]);
    for (const entry of found.filter(({ action }) => action !== 'mission.autonomy_granted')) {
      expect(entry).to.include({ actor: 'agent_key', agent_id: 'worker', user_id: 'ada', mission_id: it.id });
      expect(entry['key_id']).to.match(/^[0-9a-f-]{36}$/);
    }
    expect(JSON.stringify(found)).not.to.contain('A text of somebody');
    const granted = found.find(({ action }) => action === 'mission.autonomy_granted');
    expect(granted).to.include({ actor: 'service_secret', key_id: null });
  });

  it('has an entry for the autonomy and the longer life that a mission is created with, once for a repeated call', async () => {
    const mine = async () => auditEntries((await product()).database, api.customer, ['mission']);
    const headers = { 'idempotency-key': 'once', 'x-request-id': 'request-8' };
    const fields = {
      user_id: 'ada',
      title: 'A text of somebody.',
      can_run_autonomously: true,
      max_lifetime_hours: 720,
    };
    const create = (more: object = {}) => api.post('missions', { ...fields, ...more }, { headers });
    const { id } = (await create()).body;
    expect((await create()).body.id).to.equal(id);
    const wait_for = { kind: 'webhook', reference: 'a-call' };
    const waiting = await api.mission({ can_run_autonomously: true, tasks: [{ title: 'A call', wait_for }] });
    await api.mission({ can_run_autonomously: false });
    // An agent's wish is a question first.
    await api.post('missions', fields, { headers: await keyOf(api.customer, ['ada']) });
    const found = await mine();
    expect(found.map(({ action, target_id }) => [action, target_id])).to.deep.equal([
      ['mission.autonomy_granted', id],
      ['mission.lifetime_changed', id],
      ['mission.autonomy_granted', waiting.id],
    ]);
    expect(found[0]).to.include({
      actor: 'service_secret',
      user_id: 'ada',
      mission_id: id,
      address: '127.0.0.1',
      channel: 'rest',
      result: 'done',
      request_id: 'request-8',
    });
    expect(JSON.stringify(found)).not.to.contain('A text of somebody');
  });

  it('has an entry for the autonomy that the user’s approval grants to an agent', async () => {
    const { id } = await api.mission({ user_id: 'ada' });
    const headers = await keyOf(api.customer, ['ada']);
    const asked = await api.patch(`missions/${id}`, { can_run_autonomously: true }, { headers });
    const mine = async () => auditEntries((await product()).database, api.customer, ['mission']);
    expect(await mine()).to.deep.equal([]);
    const path = `/api/v1/input-requests/${asked.body.input_requests[0].id}/respond`;
    await api.post(path, { selected_option: 'approve' }, { headers: { 'x-user-id': 'ada' } });
    const arrived = async () => (await mine()).length > 0;
    await waitUntil(arrived, { what: 'the approval to take effect' });
    const [granted, ...more] = await mine();
    expect(granted).to.include({ action: 'mission.autonomy_granted', actor: 'user', user_id: 'ada', target_id: id });
    expect(more).to.deep.equal([]);
  });

  it('repeats no entry for a repeated call, and has none for a call that changes nothing', async () => {
    const { id } = await exampleMission(api);
    const headers = { 'x-user-id': 'ada', 'idempotency-key': 'once' };
    for (let time = 0; time < 2; time += 1) await api.post(`/api/v1/missions/${id}/pause`, {}, { headers });
    await api.post(`/api/v1/missions/${id}/pause`, {}, { headers: { 'x-user-id': 'ada' } });
    expect((await entries()).map(({ action }) => action)).to.deep.equal(['mission.paused']);
  });

  it('holds the address and the channel of the caller of an MCP tool', async () => {
    const { id } = await exampleMission(api);
    const body = {
      jsonrpc: '2.0',
      id: 1,
      method: 'tools/call',
      params: { name: 'mission_update', arguments: { mission_id: id, status: 'paused' } },
    };
    const headers = { accept: 'application/json, text/event-stream', 'mcp-protocol-version': '2025-11-25' };
    const answer = await api.send('POST', '/mcp', { body, headers: { ...headers, 'x-user-id': 'ada' } });
    expect(answer.status, answer.text).to.equal(200);
    expect((await entries()).map(({ action, channel }) => [action, channel])).to.deep.equal([
      ['mission.paused', 'mcp'],
    ]);
  });

  describe('behind a trusted proxy', () => {
    let gateway: Program;
    before(async () => {
      gateway = await furtherGateway('gateway-behind-a-proxy', { NODE_ENV: 'production', TRUSTED_PROXIES: '1' });
      await gateway.start();
    });
    after(() => gateway.stop());

    it('holds the address that the proxy has appended, and no other text', async () => {
      const { secret } = await product();
      const behind = new Api({ origin: `http://127.0.0.1:${gateway.port}`, secret }, api.customer);
      const { id } = await exampleMission(api);
      const control = (verb: string, forwarded: string) =>
        behind.post(
          `/api/v1/missions/${id}/${verb}`,
          {},
          { headers: { 'x-user-id': 'ada', 'x-forwarded-for': forwarded } },
        );
      await control('pause', '203.0.113.9, 192.0.2.1');
      await control('resume', 'Dear reader');
      expect((await entries()).map(({ address }) => address)).to.deep.equal(['192.0.2.1', '']);
    });

    // From an address of its own: of one address a gateway records only so many refusals an hour.
    it('has an entry for an answer that was tried with an agent’s key, and for one with no credential', async () => {
      const respond = operations.find(({ id }) => id === 'respondToInputRequest');
      if (!respond) throw new Error('there is no such operation');
      const { secret } = await product();
      const behind = new Api({ origin: `http://127.0.0.1:${gateway.port}`, secret }, api.customer);
      const asked = await example(api, respond);
      const tried = async (credential: Record<string, string>): Promise<number> =>
        (await call(behind, respond, { ...asked, headers: { ...credential, 'x-forwarded-for': '192.0.2.7' } })).status;
      expect(await tried({ ...(await keyOf(api.customer, ['ada'])) })).to.equal(403);
      expect(await tried({ authorization: 'Bearer wrong' })).to.equal(401);
      const own = (await entries('')).filter((one) => one['target_id'] === asked.params?.['request_id']);
      expect(own.map(({ actor, result, code, address }) => [actor, result, code, address])).to.deep.equal([
        ['unknown', 'refused', 'FORBIDDEN', '192.0.2.7'],
        ['unknown', 'refused', 'UNAUTHENTICATED', '192.0.2.7'],
      ]);
    });
  });

  /** With a trigger that makes the database refuse the commit of what writes to the table. */
  const failing = async (table: string, deed: () => Promise<void>): Promise<void> => {
    const client = new Client({ connectionString: (await product()).database.adminUrl });
    await client.connect();
    try {
      await client.query(`create or replace function public.refuse() returns trigger language plpgsql as
        $$ begin if new.customer_id = '${api.customer}' then raise exception 'refused by the spec'; end if; return new; end $$`);
      await client.query(
        `create constraint trigger of_spec after insert on ${table} deferrable initially deferred for each row execute function public.refuse()`,
      );
      await deed();
    } finally {
      await client.query(`drop trigger if exists of_spec on ${table}`);
      await client.end();
    }
  };

  it('has no entry of a deed that is rolled back, and there is no deed without its entry', async () => {
    const it = await exampleMission(api);
    const respond = operations.find(({ id }) => id === 'respondToInputRequest');
    if (!respond) throw new Error('there is no such operation');
    const asked = await example(api, respond);
    const pause = () => api.post(`/api/v1/missions/${it.id}/pause`, {}, { headers: { 'x-user-id': 'ada' } });
    const answer = () => call(api, respond, asked);
    const status = async () => (await api.get(`missions/${it.id}`)).body.status as string;
    const listed = async () =>
      (await api.get('/api/v1/input-requests?status=pending', { headers: { 'x-user-id': 'ada' } })).body.input_requests
        .length as number;

    for (const [table, deed] of [
      ['mission.outbox', pause],
      ['mission.audit_entries', pause],
      ['approval.outbox', answer],
      ['approval.audit_entries', answer],
    ] as const)
      await failing(table, async () => {
        expect((await deed()).status, table).to.equal(500);
        expect(await entries(), table).to.deep.equal([]);
        expect(await status(), table).to.equal('active');
        expect(await listed(), table).to.equal(1);
      });
    expect([(await pause()).status, (await answer()).status]).to.deep.equal([200, 200]);
    expect(await entries()).to.have.length(2);
  });
});
