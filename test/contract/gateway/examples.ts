import { createECDH, randomBytes, randomUUID } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Operation } from '@missions/contracts/rest/operation.ts';
import type { ApiResponse, Api } from '@missions/test-support/api.ts';
import { product } from '@missions/test-support/shared-product.ts';
import { waitUntil } from '@missions/test-support/wait-until.ts';
import type { Call } from './call.ts';
import { signedIn } from './signed-in.ts';

export interface ExampleMission {
  id: string;
  version: number;
  tasks: { id: string }[];
}

/** A mission of `ada`, whose second task waits for the first. */
export const exampleMission = (api: Api): Promise<ExampleMission> =>
  api.mission({
    tasks: [
      { title: 'First', ref: 'first' },
      { title: 'Second', depends_on: ['first'] },
    ],
  }) as Promise<ExampleMission>;

const done = async (asked: Promise<ApiResponse>): Promise<ApiResponse['body']> => {
  const { status, body, text } = await asked;
  if (status >= 300) throw new Error(`an example could not be prepared: ${status} ${text}`);
  return body;
};

const ofMission = ({ id }: ExampleMission) => ({ mission_id: id });
const ofTask = ({ id, tasks }: ExampleMission) => ({ mission_id: id, task_id: tasks[0]?.id ?? '' });
const patch = (api: Api, { mission_id, task_id }: { mission_id: string; task_id?: string }, body: object) =>
  done(api.patch(`missions/${mission_id}${task_id === undefined ? '' : `/tasks/${task_id}`}`, body));
const question = async (api: Api, { id }: ExampleMission) => ({
  mission_id: id,
  request_id: (await done(api.post(`missions/${id}/input-requests`, { prompt: 'Is this right?' }))).id as string,
});

/** Nobody listens there. */
const endpoint = { url: 'http://localhost:9/hooks', types: ['approval.reminder_due'] };
/** An endpoint of the customer's. There may be a few of them only. */
const webhook = async (api: Api): Promise<{ webhook_id: string }> => {
  const { webhooks } = await done(api.get('/api/internal/webhooks'));
  const { id } = webhooks[0] ?? (await done(api.post('/api/internal/webhooks', endpoint)));
  return { webhook_id: id };
};

/** Of a question that waits for `ada`. */
const inboxItem = async (api: Api, it: ExampleMission): Promise<string> => {
  const { request_id } = await question(api, it);
  const { items } = await done(api.get('/api/v1/inbox', { headers: { 'x-user-id': 'ada' } }));
  return items.find((item: { request_id?: string }) => item.request_id === request_id).id;
};

/** A code that was mailed to an address which `ada` has said is theirs. */
const mailedCode = async (api: Api): Promise<string> => {
  const email = `${randomUUID()}@example.com`;
  await done(api.patch('/api/v1/me', { email }, { headers: { 'x-user-id': 'ada' } }));
  const { outbox } = await product();
  return await waitUntil(
    () => {
      const mails = readdirSync(outbox).filter((file) => file.endsWith('.eml'));
      const mail = mails.map((file) => readFileSync(join(outbox, file), 'utf8')).find((text) => text.includes(email));
      return /^Subject: Your code: (\d{8})\r$/m.exec(mail ?? '')?.[1];
    },
    { withinMs: 30_000, what: 'the mail with the code' },
  );
};

/** A browser that takes push messages, at a push service that does not exist. */
const browser = () => ({
  endpoint: `https://push.invalid/${randomUUID()}`,
  keys: {
    p256dh: createECDH('prime256v1').generateKeys('base64url'),
    auth: randomBytes(16).toString('base64url'),
  },
  name: 'Firefox',
});

/** A mission that agents work on alone, claimed; the offer takes a moment. */
const claimed = async (api: Api, it: ExampleMission): Promise<{ run_id: string; fence: number }> => {
  await patch(api, ofMission(it), { can_run_autonomously: true });
  const { run } = await done(api.post('runs/claim', { agent_id: 'worker', wait_seconds: 20 }));
  return { run_id: run.id, fence: run.fence };
};

/** What is decided beforehand, of an agent that asks nothing. */
const delegationBody = { to_user_id: 'cem', until: new Date(Date.now() + 86_400_000).toISOString() };
const delegation = async (api: Api): Promise<string> =>
  (await done(api.post('/api/v1/delegations', delegationBody, { headers: { 'x-user-id': 'ada' } }))).id;
const ruleBody = { match: { agent_id: 'nobody', action_type: 'pay', max: { amount: 50 } }, option: 'approve' };
const rule = async (api: Api): Promise<string> =>
  (await done(api.post('/api/v1/approval-rules', ruleBody, { headers: { 'x-user-id': 'ada' } }))).id;

const letter = {
  user_id: 'ada',
  to: ['Sarah <sarah@example.com>'],
  subject: 'When?',
  body: 'Tuesday at ten?',
  expect_reply: true,
};
/** An e-mail of the mission, on its way; it can be followed up once it has been sent. */
const sentEmail = async (api: Api, { id }: ExampleMission): Promise<{ tracking_id: string }> => {
  const { id: tracking_id } = await done(api.post('emails', { ...letter, mission_id: id }));
  await waitUntil(async () => (await done(api.get(`emails/${tracking_id}`))).sent_at !== null, {
    what: 'the mail to be sent',
  });
  return { tracking_id };
};

/** Operations that succeed only after some time has passed; their success is tested with a virtual clock. */
export const onlyByTime: ReadonlySet<string> = new Set(['restoreMyMission']);

/**
 * One valid call of each operation, on a mission that is prepared for it. A new operation needs an example here.
 */
const examples: Record<string, (mission: ExampleMission, api: Api) => Call | Promise<Call>> = {
  createMission: () => ({ body: { user_id: 'ada', title: 'Another' } }),
  listMissions: () => ({ query: { user_id: 'ada' } }),
  getMission: (it) => ({ params: ofMission(it) }),
  updateMission: (it) => ({ params: ofMission(it), body: { priority: 'high' } }),
  addMissionTask: (it) => ({ params: ofMission(it), body: { title: 'One more' } }),
  updateMissionTask: (it) => ({ params: ofTask(it), body: { status: 'completed' } }),
  claimMissionTask: (it) => ({ params: ofTask(it), body: { conversation_id: 'conv-A' } }),
  releaseMissionTask: (it) => ({ params: ofTask(it), body: { conversation_id: 'conv-A' } }),
  logMissionEvent: (it) => ({ params: ofMission(it), body: { event_type: 'note', content: 'noted' } }),
  listMissionEvents: (it) => ({ params: ofMission(it) }),
  resumeMission: (it) => ({ params: ofMission(it), body: { conversation_id: 'conv-B' } }),
  sendSignal: () => ({ body: { kind: 'webhook', reference: randomUUID() } }),
  askUser: (it) => ({
    params: ofMission(it),
    body: { prompt: 'Shall I book it?', options: [{ id: 'yes', label: 'Yes' }] },
  }),
  verifyReceipt: () => ({ body: { receipt: 'e30.e30.AA', action: { type: 'pay', amount: 120 } } }),
  getInputRequest: async (it, api) => ({ params: await question(api, it) }),
  withdrawInputRequest: async (it, api) => ({ params: await question(api, it), body: { reason: 'It is settled' } }),
  withdrawMyInputRequest: async (it, api) => ({ params: await question(api, it), body: { reason: 'It is settled' } }),
  listMyInputRequests: () => ({ query: { status: 'pending' } }),
  listPendingInputs: () => ({}),
  getMyInputRequest: async (it, api) => ({ params: { request_id: (await question(api, it)).request_id } }),
  listMyDecisions: async (it, api) => {
    const { request_id } = await question(api, it);
    const headers = { 'x-user-id': 'ada' };
    await done(api.post(`/api/v1/input-requests/${request_id}/respond`, { freeform_text: 'It is.' }, { headers }));
    return {};
  },
  respondToInputRequest: async (it, api) => ({
    params: { request_id: (await question(api, it)).request_id },
    body: { freeform_text: 'It is.' },
  }),
  listMyMissions: () => ({}),
  listMyMissionEvents: (it) => ({ params: ofMission(it) }),
  listMyMissionEmails: async (it, api) => {
    await sentEmail(api, it);
    return { params: ofMission(it) };
  },
  listMyMissionRuns: (it) => ({ params: ofMission(it) }),
  createMyMission: () => ({ body: { title: 'Mine' } }),
  updateMyMission: (it) => ({ params: ofMission(it), body: { priority: 'high' } }),
  keepMyMission: (it) => ({ params: ofMission(it), body: {} }),
  messageMyMission: (it) => ({ params: ofMission(it), body: { text: 'In the morning' } }),
  retryMyTask: async (it, api) => {
    for (const status of ['in_progress', 'failed']) await patch(api, ofTask(it), { status });
    return { params: ofTask(it), body: {} };
  },
  skipMyTask: (it) => ({ params: ofTask(it), body: {} }),
  getMyMission: (it) => ({ params: ofMission(it) }),
  cancelMyMission: (it) => ({ params: ofMission(it), body: {} }),
  pauseMyMission: (it) => ({ params: ofMission(it), body: {} }),
  resumeMyMission: async (it, api) => {
    await patch(api, ofMission(it), { status: 'paused' });
    return { params: ofMission(it), body: {} };
  },
  retryMyMission: async (it, api) => {
    for (const status of ['in_progress', 'failed']) await patch(api, ofTask(it), { status });
    return { params: ofMission(it), body: {} };
  },
  restoreMyMission: (it) => ({ params: ofMission(it), body: {} }),
  sendEmail: (it) => ({ body: { ...letter, mission_id: it.id, task_id: it.tasks[0]?.id } }),
  checkReplies: () => ({ body: { user_id: 'ada' } }),
  getEmail: async (it, api) => ({ params: await sentEmail(api, it) }),
  sendFollowUp: async (it, api) => ({ params: await sentEmail(api, it), body: { body: 'Have you had a look?' } }),
  claimRun: async (it, api) => {
    await patch(api, ofMission(it), { can_run_autonomously: true });
    return { body: { agent_id: 'worker', wait_seconds: 20 } };
  },
  heartbeatRun: async (it, api) => {
    const { run_id, fence } = await claimed(api, it);
    return { params: { run_id }, body: { fence } };
  },
  finishRun: async (it, api) => {
    const { run_id, fence } = await claimed(api, it);
    return { params: { run_id }, body: { fence, status: 'succeeded' } };
  },
  listMissionRuns: (it) => ({ params: ofMission(it) }),
  streamMyEvents: () => ({}),
  getMe: () => ({}),
  updateMe: () => ({ body: { name: 'Ada', time_zone: 'Europe/Lisbon' } }),
  confirmMyAddress: async (_, api) => ({ body: { code: await mailedCode(api) } }),
  listNotifications: () => ({ query: { user_id: 'ada' } }),
  markNotificationsTold: () => ({ body: { user_id: 'ada', ids: [`question:${randomUUID()}`] } }),
  getMyPreferences: () => ({}),
  updateMyPreferences: () => ({ body: { mail_after_minutes: 30 } }),
  listMyDevices: () => ({}),
  addMyDevice: () => ({ body: browser() }),
  removeMyDevice: async (_, api) => {
    const headers = { 'x-user-id': 'ada' };
    const { id } = await done(api.post('/api/v1/notifications/devices', browser(), { headers }));
    return { params: { device_id: id } };
  },
  getMyUsage: () => ({}),
  getMyLimits: () => ({}),
  setMyLimits: () => ({ body: { max_runs_per_day: 1_000 } }),
  getMyMissionLimits: (it) => ({ params: ofMission(it) }),
  setMyMissionLimits: (it) => ({ params: ofMission(it), body: { max_runs_per_day: 1_000 } }),
  getCustomerLimits: () => ({}),
  setCustomerLimits: () => ({ body: { max_runs_per_day: 10_000 } }),
  getMyStop: () => ({}),
  stopMyAgents: () => ({ body: {} }),
  letMyAgentsGoOn: () => ({}),
  // The same one again within a minute is a repeat.
  createWebhook: () => ({ body: { ...endpoint, url: `${endpoint.url}/${randomUUID()}` } }),
  listWebhooks: () => ({}),
  getWebhook: async (_, api) => ({ params: await webhook(api) }),
  updateWebhook: async (_, api) => ({ params: await webhook(api), body: { description: 'of the billing' } }),
  deleteWebhook: async (_, api) => ({ params: await webhook(api) }),
  rotateWebhookSecret: async (_, api) => ({ params: await webhook(api) }),
  testWebhook: async (_, api) => ({ params: await webhook(api) }),
  listWebhookDeliveries: async (_, api) => ({ params: await webhook(api) }),
  redeliverWebhook: async (_, api) => {
    const { webhook_id } = await webhook(api);
    const { id } = await done(api.post(`/api/internal/webhooks/${webhook_id}/test`, {}));
    return { params: { webhook_id, delivery_id: id } };
  },
  listMyDelegations: () => ({}),
  createMyDelegation: () => ({ body: delegationBody }),
  endMyDelegation: async (_, api) => ({ params: { delegation_id: await delegation(api) } }),
  listMyApprovalRules: () => ({}),
  createMyApprovalRule: () => ({ body: ruleBody }),
  getMyApprovalRule: async (_, api) => ({ params: { rule_id: await rule(api) } }),
  updateMyApprovalRule: async (_, api) => ({ params: { rule_id: await rule(api) }, body: { enabled: false } }),
  removeMyApprovalRule: async (_, api) => ({ params: { rule_id: await rule(api) } }),
  listMySessions: () => ({}),
  endMySession: async (_, api) => {
    const { session } = await signedIn(api.customer, 'ada');
    return { params: { session_id: session.id } };
  },
  listMyInbox: async (it, api) => {
    await question(api, it);
    return {};
  },
  markInboxSeen: async (it, api) => ({ body: { items: [await inboxItem(api, it)] } }),
  snoozeInboxItem: async (it, api) => ({
    body: { item: await inboxItem(api, it), until: new Date(Date.now() + 86_400_000).toISOString() },
  }),
  markReceived: async (it, api) => {
    await patch(api, ofTask(it), { status: 'waiting_external', blocked_by: 'webhook:parcel' });
    return { params: ofTask(it), body: {} };
  },
};

/** The example of an operation, on a mission of its own unless one is given. */
export async function example(api: Api, operation: Operation, mission?: ExampleMission): Promise<Call> {
  const make = examples[operation.id];
  if (!make) throw new Error(`${operation.id} has no example in test/contract/gateway/examples.ts`);
  return make(mission ?? (await exampleMission(api)), api);
}
