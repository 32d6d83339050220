import { existsSync } from 'node:fs';
import type { EventType } from '@missions/contracts/events.ts';
import { askUser } from '@missions/contracts/mission/requests.ts';
import { publishers } from '@missions/contracts/publishers.ts';
import { streams } from '@missions/contracts/subjects.ts';
import type { Bus } from '@missions/messaging/bus.ts';
import { connectBus } from '@missions/messaging/connect.ts';
import type { Tapped } from '@missions/messaging/live.ts';
import { createLogger } from '@missions/runtime/logger.ts';
import { type Answer, Api } from '@missions/testing/api.ts';
import { OBSERVER } from '@missions/testing/deployed-servers.ts';
import type { SharedProduct } from '@missions/testing/shared-product.ts';
import { waitUntil } from '@missions/testing/wait-until.ts';

const CUSTOMER = 'Zoë & Söhne 50%';

/** Whether a service that publishes an event is there yet. */
export const isPublished = (type: EventType): boolean =>
  publishers[type].some((service) => existsSync(new URL(`../../../services/${service}/main.ts`, import.meta.url)));

/** A customer's missions in which everything in `kinds` happens, and the messages that told it, as they passed on the wire. */
export async function everyEvent(product: SharedProduct, kinds: readonly EventType[]): Promise<readonly Tapped[]> {
  // Headers are bytes: an id that is no ASCII goes as UTF-8.
  const api = new Api(product, Buffer.from(CUSTOMER, 'utf8').toString('latin1'));
  const bus = await connectBus({ servers: product.servers.natsUrlFor(OBSERVER), name: 'scenario', logger: createLogger({ service: 'scenario', level: 'silent' }) });
  const told: Tapped[] = [];
  for (const { subjects } of Object.values(streams)) for (const subject of subjects) bus.tap(subject, (message) => told.push(message));
  try {
    await bus.flush();
    const missions = [await meeting(api), await asking(api, bus), await failing(api), await cancelled(api)];
    const ours = (): Tapped[] => told.filter(({ headers }) => missions.includes(headers['ce-missionid']?.[0] ?? ''));
    const missing = (): EventType[] => kinds.filter((kind) => !ours().some(({ subject }) => subject === kind));
    await waitUntil(() => missing().length === 0, { withinMs: 10_000, what: 'every kind of event' }).catch((error: unknown) => {
      throw new Error(`nothing told ${missing().join(', ')}`, { cause: error });
    });
    return ours();
  } finally {
    await bus.drain();
  }
}

/** The worked example: ask by mail, wait for the answer, go on. */
async function meeting(api: Api): Promise<string> {
  const { id, tasks } = await api.mission({
    title: 'Schedule a meeting with Sarah and John about the Q1 budget',
    conversation_id: 'conv-A',
    agent_id: 'planner-7',
    priority: 'high',
    can_run_autonomously: true,
    metadata: { channel: 'chat' },
    tasks: [
      { title: 'Check my calendar', ref: 'calendar' },
      { title: 'Sarah and John answer', ref: 'answers', depends_on: ['calendar'], wait_for: { kind: 'email_reply', timeout_hours: 48, reason: 'their answers' } },
      { title: 'Book it', depends_on: ['answers'] },
    ],
  });
  const [calendar, answers] = tasks;
  const change = (patch: object) => expectStatus(200, api.patch(`missions/${id}`, patch));
  await change({ description: 'with Sarah and John', due_at: '2027-01-31T09:00:00Z' });
  await expectStatus(201, api.post(`missions/${id}/events`, { event_type: 'user_message', title: 'From the user', content: 'in the morning, if you can', metadata: { mood: 'hopeful' } }));
  await change({ phase: 'executing' });
  await change({ status: 'paused' });
  await change({ status: 'active' });
  await expectStatus(200, api.post(`missions/${id}/resume`, { conversation_id: 'conv-B', agent_id: 'planner-7' }));
  await expectStatus(200, api.patch(`missions/${id}/tasks/${calendar.id}`, { status: 'completed', result: { free: ['Tuesday 10:00'] } }));
  await expectStatus(202, api.post('signals', { kind: 'email_reply', reference: answers.id, id: 'mail-1', data: { from: 'sarah@example.com' } }));
  const status = async () => (await api.get(`missions/${id}`)).body.tasks[1].status;
  await waitUntil(async () => (await status()) === 'completed', { what: 'the signal to be delivered' });
  await change({ phase: 'planning' });
  await change({ status: 'completed', summary: 'Tuesday at ten', outcome: 'success' });
  return id;
}

async function asking(api: Api, bus: Bus): Promise<string> {
  const { id, tasks } = await api.mission({ title: 'Choose a time', tasks: [{ title: 'Ask' }] });
  const caller = { kind: 'service', credential: 'scenario', customer_id: CUSTOMER, user_id: 'ada', agent_id: 'planner-7' } as const;
  const question = {
    prompt: 'Tuesday at ten?',
    options: [{ id: 'yes', label: 'Yes', description: 'book it' }, { id: 'no', label: 'No' }],
    context: { slot: '2027-02-02T10:00:00Z' },
    default_option: 'no',
    remind_in_hours: 2,
    task_id: tasks[0].id,
    conversation_id: 'conv-A',
  };
  await bus.request(askUser, { caller, input: { mission_id: id, question } });
  return id;
}

async function failing(api: Api): Promise<string> {
  const { id } = await api.mission({ title: 'Find a room', tasks: [{ title: 'Call the hotel' }] });
  await expectStatus(200, api.patch(`missions/${id}`, { status: 'waiting', blocked_by: 'the manager is away' }));
  await expectStatus(200, api.patch(`missions/${id}`, { blocked_by: '' }));
  await expectStatus(200, api.patch(`missions/${id}`, { status: 'failed', summary: 'no room to be had' }));
  return id;
}

async function cancelled(api: Api): Promise<string> {
  const { id } = await api.mission({ title: 'Order flowers' });
  await expectStatus(200, api.patch(`missions/${id}`, { status: 'cancelled' }));
  return id;
}

async function expectStatus(status: number, asked: Promise<Answer>): Promise<Answer> {
  const answer = await asked;
  if (answer.status !== status) throw new Error(`answered ${answer.status} ${answer.text}`);
  return answer;
}
