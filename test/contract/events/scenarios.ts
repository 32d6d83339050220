import type { ApiResponse, Api } from '@missions/test-support/api.ts';
import { waitUntil } from '@missions/test-support/wait-until.ts';

/** Scenarios with missions of `ada`. Each returns the id of its own mission. */
export const question = {
  prompt: 'Tuesday at ten?',
  options: [
    { id: 'yes', label: 'Yes', description: 'book it' },
    { id: 'no', label: 'No' },
  ],
  context: { slot: '2027-02-02T10:00:00Z' },
};

/** The worked example: ask by e-mail, wait for the reply, go on. */
export async function meeting(api: Api): Promise<string> {
  const { id, tasks } = await api.mission({
    title: 'Schedule a meeting with Sarah and John about the Q1 budget',
    conversation_id: 'conv-A',
    agent_id: 'planner-7',
    priority: 'high',
    metadata: { channel: 'chat' },
    tasks: [
      { title: 'Check my calendar', ref: 'calendar' },
      {
        title: 'Sarah and John answer',
        ref: 'answers',
        depends_on: ['calendar'],
        wait_for: { kind: 'email_reply', timeout_hours: 48, reason: 'their answers' },
      },
      { title: 'Book it', depends_on: ['answers'] },
    ],
  });
  const [calendar, answers] = tasks;
  const change = (patch: object) => expectStatus(200, api.patch(`missions/${id}`, patch));
  await change({ description: 'with Sarah and John', due_at: '2027-01-31T09:00:00Z' });
  await expectStatus(
    201,
    api.post(`missions/${id}/events`, {
      event_type: 'user_message',
      title: 'From the user',
      content: 'in the morning, if you can',
      metadata: { mood: 'hopeful' },
    }),
  );
  await change({ phase: 'executing' });
  await change({ status: 'paused' });
  await change({ status: 'active' });
  await expectStatus(200, api.post(`missions/${id}/resume`, { conversation_id: 'conv-B', agent_id: 'planner-7' }));
  await expectStatus(
    200,
    api.patch(`missions/${id}/tasks/${calendar.id}`, { status: 'completed', result: { free: ['Tuesday 10:00'] } }),
  );
  await expectStatus(
    202,
    api.post('signals', {
      kind: 'email_reply',
      reference: answers.id,
      id: 'mail-1',
      data: { from: 'sarah@example.com' },
    }),
  );
  const status = async () => (await api.get(`missions/${id}`)).body.tasks[1].status;
  await waitUntil(async () => (await status()) === 'completed', { what: 'the signal to be delivered' });
  await change({ phase: 'planning' });
  await change({ status: 'completed', summary: 'Tuesday at ten', outcome: 'success' });
  return id;
}

/** A mission whose input request gets a response of the user. */
export async function answered(api: Api): Promise<string> {
  const { id, tasks } = await api.mission({ title: 'Choose a time', tasks: [{ title: 'Ask' }] });
  const { body: request } = await expectStatus(
    201,
    api.post(`missions/${id}/input-requests`, {
      ...question,
      task_id: tasks[0].id,
      default_option: 'no',
      remind_in_hours: 2,
    }),
  );
  const asUser = { headers: { 'x-user-id': 'ada' } };
  await expectStatus(
    200,
    api.post(
      `/api/v1/input-requests/${request.id}/respond`,
      { selected_option: 'yes', freeform_text: 'and bring the slides' },
      asUser,
    ),
  );
  return id;
}

/** A mission whose question two people approve, which somebody may answer for one of them. */
export async function approvedByTwo(api: Api): Promise<string> {
  const { id } = await api.mission({ title: 'Choose a room' });
  const asked = { ...question, assignees: ['bea'], quorum: 2 };
  const { body: request } = await expectStatus(201, api.post(`missions/${id}/input-requests`, asked));
  const delegation = { to_user_id: 'dan', until: new Date(Date.now() + 3_600_000).toISOString() };
  await expectStatus(201, api.post('/api/v1/delegations', delegation, { headers: { 'x-user-id': 'ada' } }));
  const answer = { selected_option: 'yes', note: 'the large one' };
  for (const user of ['bea', 'ada'])
    await expectStatus(
      200,
      api.post(`/api/v1/input-requests/${request.id}/respond`, answer, { headers: { 'x-user-id': user } }),
    );
  return id;
}

/** A mission that is cancelled while its input request is pending. */
export async function withdrawn(api: Api): Promise<string> {
  const { id } = await api.mission({ title: 'Choose a place' });
  await expectStatus(201, api.post(`missions/${id}/input-requests`, question));
  await expectStatus(200, api.patch(`missions/${id}`, { status: 'cancelled' }));
  return id;
}

/** A question of a user who has neither an address nor a device. */
export async function unreachable(api: Api): Promise<string> {
  const { id } = await api.mission({ title: 'Choose a colour', user_id: 'nobody' });
  await expectStatus(201, api.post(`missions/${id}/input-requests`, { ...question, urgency: 'high' }));
  return id;
}

/** A mission that an agent works on alone. */
export async function autonomous(api: Api): Promise<string> {
  const { id } = await api.mission({
    title: 'Water the plants',
    agent_id: 'gardener',
    can_run_autonomously: true,
    tasks: [{ title: 'Fill the can' }],
  });
  const claim = async () => {
    const { body } = await api.post('runs/claim', { agent_id: 'gardener', wait_seconds: 5, lease_seconds: 60 });
    return body?.run?.mission_id === id && body.run;
  };
  const run = await waitUntil(claim, { what: 'a run to claim' });
  await expectStatus(
    200,
    api.post(`runs/${run.id}/finish`, { fence: run.fence, status: 'failed', error: 'the can leaks' }),
  );
  return id;
}

/** Waits for its budget, of which nothing is left, until it is raised. */
export async function overBudget(api: Api): Promise<string> {
  const limitTo = (max_runs_per_day: number | null) => api.insist('PUT', 'limits', { body: { max_runs_per_day } });
  await limitTo(0);
  const { id } = await api.mission({ title: 'Feed the fish', can_run_autonomously: true });
  const isShown = (reason: string) =>
    waitUntil(async () => String((await api.get(`missions/${id}`)).body.attention) === reason, {
      what: `attention of '${reason}'`,
    });
  await isShown('budget');
  const { body } = await api.get('missions?user_id=ada&needs_attention=true');
  if (!body.missions.some((one: { id: string; attention: string[] }) => one.id === id && one.attention[0] === 'budget'))
    throw new Error('the list of missions does not show the spent budget');
  await limitTo(null);
  await isShown('');
  return id;
}

export async function failing(api: Api): Promise<string> {
  const { id } = await api.mission({ title: 'Find a room', tasks: [{ title: 'Call the hotel' }] });
  await expectStatus(200, api.patch(`missions/${id}`, { status: 'waiting', blocked_by: 'the manager is away' }));
  await expectStatus(200, api.patch(`missions/${id}`, { blocked_by: '' }));
  await expectStatus(200, api.patch(`missions/${id}`, { status: 'failed', summary: 'no room to be had' }));
  return id;
}

export async function cancelled(api: Api): Promise<string> {
  const { id } = await api.mission({ title: 'Order flowers' });
  await expectStatus(200, api.patch(`missions/${id}`, { status: 'cancelled' }));
  return id;
}

export async function expectStatus(status: number, asked: Promise<ApiResponse>): Promise<ApiResponse> {
  const answer = await asked;
  if (answer.status !== status) throw new Error(`answered ${answer.status} ${answer.text}`);
  return answer;
}
