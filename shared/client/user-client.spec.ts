import { expect } from 'chai';
import { randomUUID } from 'node:crypto';
import { isForBackend, isForUsers, operations, operationsForOperators } from '@missions/contracts/rest/operations.ts';
import { product } from '@missions/test-support/shared-product.ts';
import { waitUntil } from '@missions/test-support/wait-until.ts';
import { BackendClient } from './backend-client.ts';
import { backendOperations } from './backend-operations.ts';
import { MissionsClient } from './client.ts';
import { isCode } from './missions-error.ts';
import { collect } from './testing/collect.ts';
import { OperatorClient } from './operator-client.ts';
import { operatorOperations } from './operator-operations.ts';
import { UserClient } from './user-client.ts';
import { userOperations } from './user-operations.ts';

describe('the clients', () => {
  for (const operation of operationsForOperators)
    it(`have a method ${operation.id}`, () => {
      expect(OperatorClient.prototype).to.have.property(operation.id).that.is.a('function');
    });
  for (const operation of operations) {
    it(`have a method ${operation.id}`, () => {
      const client = isForBackend(operation) ? BackendClient : isForUsers(operation) ? UserClient : MissionsClient;
      expect(client.prototype).to.have.property(operation.id).that.is.a('function');
    });
  }
});

describe('the operations of the client of a user', () => {
  for (const operation of operations.filter(isForUsers)) {
    const { id, method, path, conditional, repeatable } = operation;
    it(`has ${id} as the contracts have it, which does not ask for a user_id`, () => {
      const expected = { method, path, ...(conditional && { conditional }), ...(repeatable && { repeatable }) };
      expect(userOperations[id as keyof typeof userOperations]).to.deep.equal(expected);
      for (const schema of [operation.body, operation.query])
        expect((schema as { required?: string[] } | undefined)?.required ?? []).not.to.include('user_id');
    });
  }
});

describe('the operations of the client of an operator', () => {
  for (const { id, method, path, repeatable } of operationsForOperators)
    it(`has ${id} as the contracts have it`, () => {
      const expected = { method, path, ...(repeatable && { repeatable }) };
      expect(operatorOperations[id as keyof typeof operatorOperations]).to.deep.equal(expected);
    });
});

describe('the operations of the client of the trusted backend', () => {
  for (const { id, method, path, repeatable } of operations.filter(isForBackend))
    it(`has ${id} as the contracts have it`, () => {
      const expected = { method, path, ...(repeatable && { repeatable }) };
      expect(backendOperations[id as keyof typeof backendOperations]).to.deep.equal(expected);
    });
});

describe('the client of an operator', () => {
  it('names as its caller nobody whose runs it stops', async () => {
    const sent: Headers[] = [];
    const client = new OperatorClient({
      baseUrl: 'http://gateway.example',
      credential: undefined,
      fetch: (_url, init) => {
        sent.push(new Headers(init?.headers));
        return Promise.resolve(Response.json({}));
      },
    });
    await client.setKillSwitch({ scope: 'user', customer_id: 'acme', user_id: 'ada', on: true });
    expect(sent.map((headers) => headers.get('x-user-id'))).to.deep.equal([null]);
  });
});

describe('the client of a user beside the client of an agent', () => {
  let agent: MissionsClient;
  let user: UserClient;

  before(async () => {
    const { origin, secret } = await product();
    const named = { baseUrl: origin, credential: secret, customerId: `users-${randomUUID()}`, userId: 'ada' };
    agent = new MissionsClient({ ...named, agentId: 'planner-7' });
    user = new UserClient(named);
  });

  it('responds to the input request that the agent waits for', async () => {
    const { id } = await agent.createMission({ title: 'Q1 budget meeting' });
    const asked = await agent.askUser(id, { prompt: 'Tuesday at ten?', options: [{ id: 'yes', label: 'Yes' }] });
    expect(asked).to.include({ status: 'pending', mission_id: id });
    const decided = agent.getInputRequest(id, asked.id, { wait: 20 });
    expect(
      (await user.listMyInputRequests({ status: ['pending'] })).input_requests.map((request) => request.id),
    ).to.deep.equal([asked.id]);
    expect((await user.listPendingInputs()).input_requests).to.have.length(1);
    expect(await user.respondToInputRequest(asked.id, { selected_option: 'yes' })).to.include({ status: 'responded' });
    expect((await decided).response).to.include({ selected_option: 'yes', responded_by: 'ada' });
    const late = await user
      .respondToInputRequest(asked.id, { selected_option: 'yes' })
      .catch((error: unknown) => error);
    expect(isCode(late, 'ALREADY_RESPONDED')).to.equal(true);
  });

  it('sees within a second what was marked in the inbox on another device, and what waits no more', async () => {
    const { id } = await agent.createMission({ title: 'Q1 budget meeting' });
    const asked = await agent.askUser(id, { prompt: 'Tuesday at ten?', urgency: 'high' });
    const { items, counts } = await user.listMyInbox({ group: 'answer' });
    expect(items[0]).to.include({ kind: 'question', group: 'answer', request_id: asked.id, agent_id: 'planner-7' });
    expect((await user.getMyMission(id)).attention).to.deep.equal(['question']);
    const closing = new AbortController();
    let hints = 0;
    const opened = Promise.withResolvers<void>();
    const reading = collect(
      user.streamMyEvents({ signal: closing.signal, onOpen: opened.resolve, onInbox: () => void (hints += 1) }),
      ({ event_type }) => event_type,
    ).catch(() => undefined);
    await opened.promise;
    const [item] = items;
    if (!item) throw new Error('the inbox is empty');
    const { items: seen } = await user.markInboxSeen([item]);
    expect(seen[0]?.seen_at).to.be.a('string');
    await waitUntil(() => hints === 1, { what: 'the hint that an item was seen' });
    const until = new Date(Date.now() + 3_600_000).toISOString();
    expect((await user.snoozeInboxItem(item.id, until)).items[0]).to.include({ snoozed_until: until });
    await waitUntil(() => hints === 2, { what: 'the hint that an item was snoozed' });
    expect(await user.listMyInbox()).to.deep.include({ counts: { ...counts, answer: 0 }, wakes_at: until });
    await user.respondToInputRequest(asked.id, { freeform_text: 'Yes' });
    expect((await user.listMyInbox({ snoozed: true })).items).to.deep.equal([]);
    expect((await user.markInboxSeen([item.id])).items).to.deep.equal([]);
    closing.abort();
    await reading;
  });

  it('pauses, resumes, retries and cancels the mission of the agent', async () => {
    const { id, tasks } = await agent.createMission({
      title: 'mine',
      tasks: [{ title: 'a letter', wait_for: { kind: 'webhook' } }],
    });
    expect(await user.pauseMyMission(id)).to.include({ status: 'paused', paused_by: 'user' });
    expect(await agent.updateMission(id, { status: 'active' }).catch((error: unknown) => error)).to.satisfy(
      (error: unknown) => isCode(error, 'INVALID_TRANSITION'),
    );
    expect(await user.resumeMyMission(id)).to.include({ status: 'waiting', paused_by: null });
    expect(await user.markReceived(id, tasks[0]?.id ?? '')).to.include({ status: 'completed' });
    const attempt = await agent.addMissionTask(id, { title: 'try' });
    await agent.updateMissionTask(id, attempt.id, { status: 'in_progress' });
    await agent.updateMissionTask(id, attempt.id, { status: 'failed', error: 'no luck' });
    expect((await user.retryMyMission(id)).task_counts).to.include({ failed: 0, ready: 1 });
    expect(await user.cancelMyMission(id)).to.include({ status: 'cancelled' });
    expect(await collect(user.eachOfMyMissions({ limit: 1 }), (mission) => mission.id)).to.include(id);
    expect(await user.restoreMyMission(id).catch((error: unknown) => error)).to.satisfy((error: unknown) =>
      isCode(error, 'INVALID_TRANSITION', 'MISSION_NOT_FOUND', 'MISSION_CLOSED'),
    );
    expect(await user.getMyMission(id, { include_events: 1 })).to.include({ status: 'cancelled' });
  });

  it('runs a mission autonomously under a lease', async () => {
    const { id, tasks } = await agent.createMission({
      title: 'alone',
      can_run_autonomously: true,
      tasks: [{ title: 'go' }],
    });
    const claimed = await waitUntil(() => agent.claimRun({ lease_seconds: 30 }), {
      what: 'a run to claim',
    });
    const run = { id: claimed.run?.id ?? '', fence: claimed.run?.fence ?? 0 };
    expect(claimed.run).to.include({ mission_id: id, status: 'claimed' });
    expect((await agent.updateMissionTask(id, tasks[0]?.id ?? '', { status: 'completed' }, { run })).status).to.equal(
      'completed',
    );
    expect(await agent.heartbeatRun(run.id, { fence: run.fence })).to.include({ status: 'claimed' });
    expect(await agent.finishRun(run.id, { fence: run.fence, status: 'succeeded' })).to.include({
      status: 'succeeded',
    });
    const late = await agent.updateMission(id, { priority: 'low' }, { run }).catch((error: unknown) => error);
    expect(isCode(late, 'LEASE_LOST')).to.equal(true);
    expect((await agent.listMissionRuns(id)).runs.map((one) => one.id)).to.include(run.id);
    expect(await agent.claimRun()).to.equal(undefined);
  });
});
