import { randomUUID } from 'node:crypto';
import { expect } from 'chai';
import type { Operation } from '@missions/contracts/rest/operation.ts';
import { isForOperators } from '@missions/contracts/rest/operations.ts';
import { Api } from '@missions/test-support/api.ts';
import { product } from '@missions/test-support/shared-product.ts';
import { keyOf } from './agent-key.ts';
import { type Call, call, operations } from './call.ts';
import { served } from './described.ts';
import { example, type ExampleMission } from './examples.ts';

type Headers = Record<string, string | null>;

/** A mission of `ada` with a question about its last task that waits for her answer. */
interface Waiting {
  readonly mission: ExampleMission;
  readonly mission_id: string;
  readonly task_id: string;
  readonly request_id: string;
}

const writes = operations.filter(({ method }) => method !== 'get');

/** The bodies of calls to a path of the question's mission, its task or itself. */
const to =
  (...bodies: object[]) =>
  ({ mission_id, task_id, request_id }: Waiting): Call[] =>
    bodies.map((body) => ({ params: { mission_id, task_id, request_id }, body }));
const only = () => [];
const answers = [{ selected_option: 'yes' }, { freeform_text: 'Yes' }];
const tasks = ['ready', 'in_progress', 'waiting_human', 'completed', 'failed', 'skipped'];
const missions = ['active', 'paused', 'completed', 'failed', 'cancelled'];

/**
 * What each write could do to the question, beside the operation's example on its mission. A new operation that writes
 * needs a row.
 */
const aims: Record<string, (waiting: Waiting) => Call[]> = {
  createMission: () => [
    { body: { user_id: 'ada', title: 'Next', tasks: [{ title: 'Wait', wait_for: { kind: 'human_input' } }] } },
  ],
  updateMission: to(...missions.map((status) => ({ status })), { phase: 'executing' }, { phase: 'planning' }),
  addMissionTask: only,
  updateMissionTask: to(...tasks.map((status) => ({ status })), { result: { answer: 'yes' } }, { title: 'Answered' }),
  logMissionEvent: to({ event_type: 'user_message', content: 'yes' }),
  resumeMission: only,
  sendSignal: ({ request_id, task_id }) =>
    [request_id, task_id].flatMap((reference) =>
      ['human_input', 'webhook', 'email_reply'].map((kind) => ({
        body: { kind, reference, data: { selected_option: 'yes' } },
      })),
    ),
  askUser: to({ prompt: 'Again?' }),
  verifyReceipt: only,
  withdrawInputRequest: only,
  withdrawMyInputRequest: to({ reason: 'No longer needed' }),
  claimMissionTask: to({ conversation_id: 'c' }),
  releaseMissionTask: to({ conversation_id: 'c' }),
  respondToInputRequest: to(...answers),
  createMyMission: only,
  updateMyMission: to({ title: 'Answered' }),
  keepMyMission: only,
  messageMyMission: to({ text: 'yes' }),
  markInboxSeen: ({ mission_id, request_id }) => [{ body: { items: [`${mission_id}:question:${request_id}`] } }],
  snoozeInboxItem: ({ mission_id, request_id }) => [
    { body: { item: `${mission_id}:question:${request_id}`, until: new Date(Date.now() + 86_400_000).toISOString() } },
  ],
  retryMyTask: to({}),
  skipMyTask: to({}),
  cancelMyMission: only,
  pauseMyMission: only,
  resumeMyMission: only,
  retryMyMission: only,
  restoreMyMission: only,
  sendEmail: ({ mission_id, task_id }) => [
    { body: { user_id: 'ada', mission_id, task_id, to: ['a@example.com'], subject: 's', body: 'b' } },
  ],
  checkReplies: only,
  sendFollowUp: only,
  claimRun: only,
  heartbeatRun: only,
  finishRun: only,
  markReceived: to({}),
  endMySession: only,
  updateMe: to({ name: 'Ada' }),
  confirmMyAddress: to({ code: '12345678' }),
  updateMyPreferences: to({ mail_after_minutes: 5 }),
  markNotificationsTold: ({ request_id }) => [{ body: { user_id: 'ada', ids: [`question:${request_id}`] } }],
  addMyDevice: only,
  removeMyDevice: only,
  setMyLimits: only,
  setMyMissionLimits: only,
  setCustomerLimits: only,
  stopMyAgents: only,
  letMyAgentsGoOn: only,
  createWebhook: only,
  updateWebhook: only,
  deleteWebhook: only,
  rotateWebhookSecret: only,
  testWebhook: only,
  redeliverWebhook: only,
  createMyApprovalRule: () => [{ body: { match: { agent_id: 'ada', action_type: 'pay' }, option: 'yes' } }],
  createMyDelegation: () => [{ body: { to_user_id: 'eve', until: new Date(Date.now() + 86_400_000).toISOString() } }],
  endMyDelegation: only,
  updateMyApprovalRule: only,
  removeMyApprovalRule: only,
};

/**
 * What may end a question without an answer (specification section 4): the end of its mission, a new plan, the end of
 * its task, and its withdrawal; by the agents of its user, who have asked, and by the trusted backend.
 */
const ends: Record<string, object[]> = {
  updateMission: [{ status: 'completed' }, { status: 'failed' }, { status: 'cancelled' }, { phase: 'planning' }],
  updateMissionTask: [{ status: 'failed' }, { status: 'skipped' }],
  withdrawInputRequest: [{ reason: 'It is settled' }],
};
const whoMayEnd = [
  "an agent's key of its user",
  "another agent's key of its user",
  'the trusted backend without a user',
];

/** Every write by every caller but the user whose answer is waited for. */
describe('a question that waits for its user', () => {
  let owner: Api;
  let callers: Record<string, Headers>;

  before(async () => {
    const running = await product();
    owner = new Api(running);
    const unnamed = { 'x-customer-id': null, 'x-user-id': null };
    const others = `customer-${randomUUID()}`;
    callers = {
      "an agent's key of its user": { ...unnamed, ...(await keyOf(owner.customer, ['ada'])) },
      "another agent's key of its user": { ...unnamed, ...(await keyOf(owner.customer, ['ada'], 'another')) },
      "an agent's key of another user": { ...unnamed, ...(await keyOf(owner.customer, ['eve'], 'of-eve')) },
      'the trusted backend without a user': { 'x-user-id': null },
      'the trusted backend for another user': { 'x-user-id': 'eve' },
      'a user of another customer': { 'x-customer-id': others, 'x-user-id': 'ada' },
      'no credential': { ...unnamed, authorization: null },
    };
  });

  async function waiting(): Promise<Waiting> {
    const mission = (await owner.mission({
      tasks: [{ title: 'First', ref: 'first' }, { title: 'Second', depends_on: ['first'] }, { title: 'Ask' }],
    })) as ExampleMission;
    const task_id = mission.tasks[2]?.id ?? '';
    const options = [{ id: 'yes', label: 'Yes' }];
    const { status, body, text } = await owner.post(`missions/${mission.id}/input-requests`, {
      prompt: 'Shall I pay?',
      options,
      task_id,
    });
    if (status !== 201) throw new Error(`the question was not asked: ${status} ${text}`);
    return { mission, mission_id: mission.id, task_id, request_id: body.id };
  }
  const stateOf = async ({ mission_id, request_id }: Waiting): Promise<string> => {
    const { body } = await owner.get(`missions/${mission_id}/input-requests/${request_id}`);
    const { body: mission } = await owner.get(`missions/${mission_id}`);
    const waits = mission.blockers.some(({ key }: { key: string }) => key === `human_input:${request_id}`);
    // The end of a wait reaches the question a moment later.
    if (!waits && body.response === null) return 'ended without an answer';
    return `${body.status}, ${JSON.stringify(body.response)}, ${waits ? 'waits' : 'waits no more'}`;
  };

  /** The calls of an operation that could move it: its example, and those that aim at it. */
  async function callsOf(operation: Operation, it: Waiting): Promise<Call[]> {
    const { params, ...rest } = await example(owner, operation, it.mission);
    const ofQuestion =
      params && Object.hasOwn(params, 'request_id') ? { ...params, request_id: it.request_id } : params;
    const body = rest.body && { ...(rest.body as object), ...(operation.id === 'claimRun' && { wait_seconds: 0 }) };
    const own = { ...rest, ...(body && { body }), ...(ofQuestion && { params: ofQuestion }) };
    return [own, ...(aims[operation.id]?.(it) ?? [])];
  }

  async function moved(operation: Operation): Promise<string[]> {
    const found: string[] = [];
    for (const [name, headers] of Object.entries(callers)) {
      let it = await waiting();
      let calls = await callsOf(operation, it);
      for (let index = 0; index < calls.length; index++) {
        const before = await stateOf(it);
        const { status } = await call(owner, operation, { ...(calls[index] as Call), headers });
        const after = await stateOf(it);
        if (after === before) continue;
        found.push(`${name}: ${JSON.stringify(calls[index]?.body)} → ${status}: ${after}`);
        it = await waiting();
        calls = await callsOf(operation, it);
      }
      // Runs that examples hold take the places of those of the next caller.
      await owner.patch(`missions/${it.mission_id}`, { status: 'cancelled' });
    }
    return found;
  }

  it('has a row in this table for every write of the description', async () => {
    const { paths } = (await served()) as { paths: Record<string, Record<string, { operationId: string }>> };
    // Operators move no question: `operators.spec.ts` tries their calls.
    const others = Object.entries(paths).filter(([path]) => !isForOperators({ path }));
    const described = others.flatMap(([, methods]) =>
      Object.entries(methods)
        .filter(([method]) => ['post', 'put', 'patch', 'delete'].includes(method))
        .map(([, { operationId }]) => operationId),
    );
    expect(Object.keys(aims)).to.have.members(described);
    expect(writes.map(({ id }) => id)).to.have.members(described);
  });

  for (const operation of writes)
    it(`is not moved by ${operation.id} of anybody else${ends[operation.id] ? ', but for its end' : ''}`, async () => {
      const lawful = whoMayEnd.flatMap((name) =>
        (ends[operation.id] ?? []).map((body) => `${name}: ${JSON.stringify(body)} → 200: ended without an answer`),
      );
      expect(await moved(operation)).to.deep.equal(lawful);
    });

  it('is moved by the answer of its user, whom the trusted backend names', async () => {
    const it = await waiting();
    const operation = writes.find(({ id }) => id === 'respondToInputRequest') as Operation;
    const [params, body] = [{ request_id: it.request_id }, { selected_option: 'yes' }];
    expect((await call(owner, operation, { params, body })).status).to.equal(200);
    expect(await stateOf(it)).to.match(/^responded, .*"yes"/);
  });
});
