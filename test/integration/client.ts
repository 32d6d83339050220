import type { ApiResponse, Api } from '@missions/test-support/api.ts';
import { waitUntil } from '@missions/test-support/wait-until.ts';

export const YES_OR_NO = {
  prompt: 'Book Tuesday at ten?',
  options: [
    { id: 'yes', label: 'Yes' },
    { id: 'no', label: 'No' },
  ],
};

/** A mission with a pending input request; `taskId` is null if the request blocks the whole mission. */
export interface Waiting {
  readonly missionId: string;
  readonly taskId: string | null;
  /** The input request as its creation returned it, without `reach`, which is of that moment. */
  readonly request: any;
}

export interface Entry {
  readonly id: string;
  readonly event_type: string;
  readonly task_id: string | null;
  readonly content: string;
  readonly metadata: any;
}

/** Returns the body of a response. @throws Error if the response has another status. */
export async function expectStatus(status: number, asked: Promise<ApiResponse>): Promise<any> {
  const answer = await asked;
  if (answer.status !== status) throw new Error(`answered ${answer.status} ${answer.text}`);
  return answer.body;
}

/** Creates a mission of `ada` and opens an input request for its one task, or for the whole mission. */
export async function waitingForAda(api: Api, question: object = {}, { whole = false } = {}): Promise<Waiting> {
  const { id: missionId, tasks } = await api.mission({ max_lifetime_hours: 8_760, tasks: [{ title: 'Book it' }] });
  const taskId: string | null = whole ? null : tasks[0].id;
  const { reach: _reach, ...request } = await expectStatus(
    201,
    api.insist('POST', `missions/${missionId}/input-requests`, {
      body: { ...YES_OR_NO, ...question, ...(taskId !== null && { task_id: taskId }) },
    }),
  );
  return { missionId, taskId, request };
}

export const missionOf = async (api: Api, missionId: string): Promise<any> =>
  expectStatus(200, api.insist('GET', `missions/${missionId}`));

export const requestOf = async (api: Api, { missionId, request }: Waiting): Promise<any> =>
  expectStatus(200, api.insist('GET', `missions/${missionId}/input-requests/${request.id}`));

/** Resolves with the mission when it has no open blocker. */
export const isActiveAgain = (api: Api, missionId: string): Promise<any> =>
  waitUntil(
    async () => {
      const mission = await missionOf(api, missionId);
      return mission.blockers.length === 0 && mission.phase !== 'waiting' ? mission : undefined;
    },
    { what: `mission ${missionId} to go on` },
  );

/** The whole history, oldest first; the missions of these tests have less than one page. */
export const historyOf = async (api: Api, missionId: string): Promise<Entry[]> =>
  (await expectStatus(200, api.insist('GET', `missions/${missionId}/events?limit=200&order=asc`))).events;

/** Entries of the history about the end of an input request; exactly one if everything is well. */
export const endsOf = (history: readonly Entry[], requestId: string): Entry[] =>
  history.filter(
    ({ event_type, metadata }) => metadata.key === `human_input:${requestId}` && event_type !== 'input_requested',
  );

/** How often the task returned from its wait to in_progress. */
export const returnsOf = (history: readonly Entry[], taskId: string | null): number =>
  history.filter(
    ({ task_id, metadata }) =>
      task_id === taskId && metadata.task_status?.from === 'waiting_human' && metadata.task_status.to === 'in_progress',
  ).length;
