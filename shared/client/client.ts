import type { NewTask } from '@missions/contracts/mission/bodies.ts';
import type { Task } from '@missions/contracts/mission/representation.ts';
import * as emails from '@missions/contracts/rest/emails.ts';
import {
  askUser,
  getInputRequest,
  verifyReceipt,
  withdrawInputRequest,
} from '@missions/contracts/rest/input-requests.ts';
import * as missions from '@missions/contracts/rest/missions.ts';
import { listNotifications, markNotificationsTold } from '@missions/contracts/rest/notifications.ts';
import type { ResponseOf, BodyOf, QueryOf } from '@missions/contracts/rest/operation.ts';
import * as runs from '@missions/contracts/rest/runs.ts';
import { ApiClient } from './api-client.ts';
import { pages } from './paging.ts';
import {
  type CallOptions,
  type ClientOptions,
  type GetOptions,
  type PatchOptions,
  type PostOptions,
  withWaitTime,
} from './options.ts';

const operations = {
  ...missions,
  ...runs,
  ...emails,
  ...{ askUser, getInputRequest, verifyReceipt, withdrawInputRequest, listNotifications, markNotificationsTold },
};
type Operations = typeof operations;
/** The response body of an operation, e.g. `ResponseTo<'getMission'>`. */
export type ResponseTo<Name extends keyof Operations> = ResponseOf<Operations[Name]>;
type Body<Name extends 'askUser' | 'heartbeatRun' | 'finishRun' | 'withdrawInputRequest'> = BodyOf<Operations[Name]>;
/** `user_id` may be left out: the default is the client's `userId`. */
type WithOptionalUser<Input> = Omit<Input, 'user_id'> & { user_id?: string };

export type MissionQuery = WithOptionalUser<QueryOf<Operations['listMissions']>>;
export type MissionInput = WithOptionalUser<BodyOf<Operations['createMission']>>;
export type MissionInList = ResponseTo<'listMissions'>['missions'][number];
export type EmailInput = WithOptionalUser<BodyOf<Operations['sendEmail']>>;
export type CheckRepliesInput = WithOptionalUser<BodyOf<Operations['checkReplies']>>;
export type RunInList = ResponseTo<'listMissionRuns'>['runs'][number];
export type EventQuery = QueryOf<Operations['listMissionEvents']>;
export type EventInList = ResponseTo<'listMissionEvents'>['events'][number];

/**
 * The gateway's API for agents: one method for each operation, with bodies and responses typed by the contracts. Calls
 * are retried where that is safe: every POST carries an `Idempotency-Key` that is the same in all attempts. A failed
 * call throws a MissionsError.
 */
export class MissionsClient extends ApiClient {
  readonly #options: ClientOptions;

  /** @throws {TypeError} */
  constructor(options: ClientOptions) {
    super(options);
    this.#options = options;
  }

  /** A copy of the client that acts for another customer, user or agent. */
  for(identity: Pick<ClientOptions, 'customerId' | 'userId' | 'agentId'>): MissionsClient {
    return new MissionsClient({ ...this.#options, ...identity });
  }

  listMissions(query: MissionQuery = {}, options?: GetOptions): Promise<ResponseTo<'listMissions'>> {
    return this.call(operations.listMissions, { query }, options);
  }

  /** Every mission that matches the query; pages are fetched as needed. */
  eachMission(query: MissionQuery = {}, options?: GetOptions): AsyncGenerator<MissionInList, void, undefined> {
    return pages(async (cursor) => {
      const { missions, next_cursor } = await this.listMissions({ ...query, ...cursor }, options);
      return { items: missions, next_cursor };
    });
  }

  createMission(mission: MissionInput, options?: PostOptions): Promise<ResponseTo<'createMission'>> {
    return this.call(operations.createMission, { body: mission }, options);
  }

  getMission(
    missionId: string,
    query: QueryOf<Operations['getMission']> = {},
    options?: GetOptions,
  ): Promise<ResponseTo<'getMission'>> {
    return this.call(operations.getMission, { params: { mission_id: missionId }, query }, options);
  }

  updateMission(
    missionId: string,
    patch: BodyOf<Operations['updateMission']>,
    options?: PatchOptions,
  ): Promise<ResponseTo<'updateMission'>> {
    return this.call(operations.updateMission, { params: { mission_id: missionId }, body: patch }, options);
  }

  addMissionTask(missionId: string, task: NewTask, options?: PostOptions): Promise<Task> {
    return this.call(
      operations.addMissionTask,
      { params: { mission_id: missionId }, body: task },
      options,
    ) as Promise<Task>;
  }

  /** Adds all tasks or none, and returns them in the given order. `depends_on` may contain a `ref` of the same call. */
  async addMissionTasks(missionId: string, tasks: readonly NewTask[], options?: PostOptions): Promise<Task[]> {
    const response = await this.call(
      operations.addMissionTask,
      { params: { mission_id: missionId }, body: { tasks } },
      options,
    );
    return (response as { tasks: Task[] }).tasks;
  }

  updateMissionTask(
    missionId: string,
    taskId: string,
    patch: BodyOf<Operations['updateMissionTask']>,
    options?: PatchOptions,
  ): Promise<ResponseTo<'updateMissionTask'>> {
    return this.call(
      operations.updateMissionTask,
      { params: { mission_id: missionId, task_id: taskId }, body: patch },
      options,
    );
  }

  /** Claims a task for a conversation; refused with `TASK_CLAIMED` while another agent or conversation holds it. */
  claimMissionTask(
    missionId: string,
    taskId: string,
    body: BodyOf<Operations['claimMissionTask']>,
    options?: PostOptions,
  ): Promise<ResponseTo<'claimMissionTask'>> {
    const params = { mission_id: missionId, task_id: taskId };
    return this.call(operations.claimMissionTask, { params, body }, options);
  }

  releaseMissionTask(
    missionId: string,
    taskId: string,
    body: BodyOf<Operations['releaseMissionTask']>,
    options?: PostOptions,
  ): Promise<ResponseTo<'releaseMissionTask'>> {
    const params = { mission_id: missionId, task_id: taskId };
    return this.call(operations.releaseMissionTask, { params, body }, options);
  }

  logMissionEvent(
    missionId: string,
    event: BodyOf<Operations['logMissionEvent']>,
    options?: PostOptions,
  ): Promise<ResponseTo<'logMissionEvent'>> {
    return this.call(operations.logMissionEvent, { params: { mission_id: missionId }, body: event }, options);
  }

  listMissionEvents(
    missionId: string,
    query: EventQuery = {},
    options?: GetOptions,
  ): Promise<ResponseTo<'listMissionEvents'>> {
    return this.call(operations.listMissionEvents, { params: { mission_id: missionId }, query }, options);
  }

  /** The whole history, oldest first by default; pages are fetched as needed. */
  eachEvent(
    missionId: string,
    query: EventQuery = {},
    options?: GetOptions,
  ): AsyncGenerator<EventInList, void, undefined> {
    return pages(async (cursor) => {
      const { events, next_cursor } = await this.listMissionEvents(missionId, { ...query, ...cursor }, options);
      return { items: events, next_cursor };
    });
  }

  resumeMission(
    missionId: string,
    body: BodyOf<Operations['resumeMission']> = {},
    query: QueryOf<Operations['resumeMission']> = {},
    options?: PostOptions,
  ): Promise<ResponseTo<'resumeMission'>> {
    return this.call(operations.resumeMission, { params: { mission_id: missionId }, body, query }, options);
  }

  /** For the client's user, if it has one. */
  sendSignal(signal: BodyOf<Operations['sendSignal']>, options?: PostOptions): Promise<ResponseTo<'sendSignal'>> {
    return this.call(operations.sendSignal, { body: signal }, options);
  }

  /** Opens an input request: the mission, or the given task, waits for the user's response. */
  askUser(missionId: string, question: Body<'askUser'>, options?: PostOptions): Promise<ResponseTo<'askUser'>> {
    return this.call(operations.askUser, { params: { mission_id: missionId }, body: question }, options);
  }

  /** With `wait`, returns when the input request is decided, or after that many seconds in its current state. */
  getInputRequest(
    missionId: string,
    requestId: string,
    query: QueryOf<Operations['getInputRequest']> = {},
    options?: GetOptions,
  ): Promise<ResponseTo<'getInputRequest'>> {
    return this.call(
      operations.getInputRequest,
      { params: { mission_id: missionId, request_id: requestId }, query },
      withWaitTime(query.wait, this.settings, options),
    );
  }

  /** Takes one open question back: its task goes on without an answer. */
  withdrawInputRequest(
    missionId: string,
    requestId: string,
    body: Body<'withdrawInputRequest'>,
    options?: PostOptions,
  ): Promise<ResponseTo<'withdrawInputRequest'>> {
    const params = { mission_id: missionId, request_id: requestId };
    return this.call(operations.withdrawInputRequest, { params, body }, options);
  }

  /** What waits for the user and no agent has told them yet. */
  listNotifications(options?: GetOptions): Promise<ResponseTo<'listNotifications'>> {
    return this.call(operations.listNotifications, {}, options);
  }

  /** The user was told of these, and they are not listed again until something changes. */
  markNotificationsTold(ids: string[], options?: PostOptions): Promise<ResponseTo<'markNotificationsTold'>> {
    return this.call(operations.markNotificationsTold, { body: { ids } }, options);
  }

  /** Asks the product; `verifyReceipt` of `verify-receipt.ts` needs no call. */
  verifyReceipt(
    body: BodyOf<Operations['verifyReceipt']>,
    options?: CallOptions,
  ): Promise<ResponseTo<'verifyReceipt'>> {
    return this.call(operations.verifyReceipt, { body }, options);
  }

  /** With `expect_reply`, replies are tracked, and the mission (if given) waits for them. */
  sendEmail(email: EmailInput, options?: PostOptions): Promise<ResponseTo<'sendEmail'>> {
    return this.call(operations.sendEmail, { body: email }, options);
  }

  getEmail(
    trackingId: string,
    query: QueryOf<Operations['getEmail']> = {},
    options?: GetOptions,
  ): Promise<ResponseTo<'getEmail'>> {
    return this.call(operations.getEmail, { params: { tracking_id: trackingId }, query }, options);
  }

  /** `new_replies` are the replies that no earlier check returned. The text of a reply is under `untrusted`. */
  checkReplies(body: CheckRepliesInput = {}, options?: PostOptions): Promise<ResponseTo<'checkReplies'>> {
    return this.call(operations.checkReplies, { body }, options);
  }

  /** Reminds the recipients who have not replied, in the same thread. */
  sendFollowUp(
    trackingId: string,
    body: BodyOf<Operations['sendFollowUp']> = {},
    options?: PostOptions,
  ): Promise<ResponseTo<'sendFollowUp'>> {
    return this.call(operations.sendFollowUp, { params: { tracking_id: trackingId }, body }, options);
  }

  /** Undefined if no run is queued. A lease whose response was lost expires; the client claims anew, as its caller would. */
  claimRun(
    body: BodyOf<Operations['claimRun']> = {},
    options?: PostOptions,
  ): Promise<ResponseTo<'claimRun'> | undefined> {
    const waiting = withWaitTime(body.wait_seconds, this.settings, options);
    return this.call(operations.claimRun, { body, harmless: true }, waiting);
  }

  heartbeatRun(runId: string, body: Body<'heartbeatRun'>, options?: PostOptions): Promise<ResponseTo<'heartbeatRun'>> {
    return this.call(operations.heartbeatRun, { params: { run_id: runId }, body, harmless: true }, options);
  }

  finishRun(runId: string, body: Body<'finishRun'>, options?: PostOptions): Promise<ResponseTo<'finishRun'>> {
    return this.call(operations.finishRun, { params: { run_id: runId }, body }, options);
  }

  listMissionRuns(
    missionId: string,
    query: QueryOf<Operations['listMissionRuns']> = {},
    options?: GetOptions,
  ): Promise<ResponseTo<'listMissionRuns'>> {
    return this.call(operations.listMissionRuns, { params: { mission_id: missionId }, query }, options);
  }
}
