import type { NewTask, NewSignal } from '@missions/contracts/mission/bodies.ts';
import type { Task } from '@missions/contracts/mission/representation.ts';
import * as emails from '@missions/contracts/rest/emails.ts';
import { askUser, getInputRequest } from '@missions/contracts/rest/input-requests.ts';
import * as missions from '@missions/contracts/rest/missions.ts';
import type { ResponseOf, BodyOf, QueryOf } from '@missions/contracts/rest/operation.ts';
import * as runs from '@missions/contracts/rest/runs.ts';
import { call, type CallOptions, type GetOptions, type PatchOptions, type PostOptions, waiting } from './call.ts';
import { pages } from './paging.ts';
import type { Input } from './request.ts';
import { type ClientOptions, type Settings, settingsOf } from './options.ts';

const operations = { ...missions, ...runs, ...emails, askUser, getInputRequest };
type Operations = typeof operations;
/** What an operation answers, e.g. `Answer<'getMission'>`. */
export type Answer<Name extends keyof Operations> = ResponseOf<Operations[Name]>;
/** The user may be left to the client's `userId`. */
type OfUser<Given> = Omit<Given, 'user_id'> & { user_id?: string };

export type MissionQuery = OfUser<QueryOf<Operations['listMissions']>>;
export type MissionInput = OfUser<BodyOf<Operations['createMission']>>;
export type MissionInList = Answer<'listMissions'>['missions'][number];
export type EmailInput = OfUser<BodyOf<Operations['sendEmail']>>;
export type CheckRepliesInput = OfUser<BodyOf<Operations['checkReplies']>>;
export type RunInList = Answer<'listMissionRuns'>['runs'][number];
export type EventQuery = QueryOf<Operations['listMissionEvents']>;
export type EventInList = Answer<'listMissionEvents'>['events'][number];

/**
 * The gateway's API for agents, one method for each operation, with bodies and answers typed by the contracts. Calls are repeated where that is safe: every
 * POST carries an `Idempotency-Key` that stays the same over its attempts. A call that fails throws a MissionsError.
 */
export class MissionsClient {
  readonly #options: ClientOptions;
  readonly #settings: Settings;

  /** @throws {TypeError} */
  constructor(options: ClientOptions) {
    this.#options = options;
    this.#settings = settingsOf(options);
  }

  /** The same client, acting for somebody else. */
  for(named: Pick<ClientOptions, 'customerId' | 'userId' | 'agentId'>): MissionsClient {
    return new MissionsClient({ ...this.#options, ...named });
  }

  listMissions(query: MissionQuery = {}, options?: GetOptions): Promise<Answer<'listMissions'>> {
    return this.#call(operations.listMissions, { query }, options);
  }

  /** Every mission that the query finds, page by page. */
  eachMission(query: MissionQuery = {}, options?: GetOptions): AsyncGenerator<MissionInList, void, undefined> {
    return pages(async (cursor) => {
      const { missions, next_cursor } = await this.listMissions({ ...query, ...cursor }, options);
      return { items: missions, next_cursor };
    });
  }

  createMission(mission: MissionInput, options?: PostOptions): Promise<Answer<'createMission'>> {
    return this.#call(operations.createMission, { body: mission }, options);
  }

  getMission(
    missionId: string,
    query: QueryOf<Operations['getMission']> = {},
    options?: GetOptions,
  ): Promise<Answer<'getMission'>> {
    return this.#call(operations.getMission, { params: { mission_id: missionId }, query }, options);
  }

  updateMission(
    missionId: string,
    patch: BodyOf<Operations['updateMission']>,
    options?: PatchOptions,
  ): Promise<Answer<'updateMission'>> {
    return this.#call(operations.updateMission, { params: { mission_id: missionId }, body: patch }, options);
  }

  addMissionTask(missionId: string, task: NewTask, options?: PostOptions): Promise<Task> {
    return this.#call(
      operations.addMissionTask,
      { params: { mission_id: missionId }, body: task },
      options,
    ) as Promise<Task>;
  }

  /** All or none, in the order given; `depends_on` may name a `ref` of the same call. */
  async addMissionTasks(missionId: string, tasks: readonly NewTask[], options?: PostOptions): Promise<Task[]> {
    const answer = await this.#call(
      operations.addMissionTask,
      { params: { mission_id: missionId }, body: { tasks } },
      options,
    );
    return (answer as { tasks: Task[] }).tasks;
  }

  updateMissionTask(
    missionId: string,
    taskId: string,
    patch: BodyOf<Operations['updateMissionTask']>,
    options?: PatchOptions,
  ): Promise<Answer<'updateMissionTask'>> {
    return this.#call(
      operations.updateMissionTask,
      { params: { mission_id: missionId, task_id: taskId }, body: patch },
      options,
    );
  }

  logMissionEvent(
    missionId: string,
    event: BodyOf<Operations['logMissionEvent']>,
    options?: PostOptions,
  ): Promise<Answer<'logMissionEvent'>> {
    return this.#call(operations.logMissionEvent, { params: { mission_id: missionId }, body: event }, options);
  }

  listMissionEvents(
    missionId: string,
    query: EventQuery = {},
    options?: GetOptions,
  ): Promise<Answer<'listMissionEvents'>> {
    return this.#call(operations.listMissionEvents, { params: { mission_id: missionId }, query }, options);
  }

  /** The whole history, page by page; oldest first unless asked otherwise. */
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
  ): Promise<Answer<'resumeMission'>> {
    return this.#call(operations.resumeMission, { params: { mission_id: missionId }, body, query }, options);
  }

  sendSignal(signal: NewSignal, options?: PostOptions): Promise<Answer<'sendSignal'>> {
    return this.#call(operations.sendSignal, { body: signal }, options);
  }

  /** Asks the user; the mission, or the task that is named, waits for the answer. */
  askUser(
    missionId: string,
    question: BodyOf<Operations['askUser']>,
    options?: PostOptions,
  ): Promise<Answer<'askUser'>> {
    return this.#call(operations.askUser, { params: { mission_id: missionId }, body: question }, options);
  }

  /** With `wait`, answers when the question is decided, or after so many seconds as it stands. */
  getInputRequest(
    missionId: string,
    requestId: string,
    query: QueryOf<Operations['getInputRequest']> = {},
    options?: GetOptions,
  ): Promise<Answer<'getInputRequest'>> {
    return this.#call(
      operations.getInputRequest,
      { params: { mission_id: missionId, request_id: requestId }, query },
      waiting(query.wait, this.#settings, options),
    );
  }

  /** With `expect_reply` its replies are tracked; with a mission as well, that waits for them. */
  sendEmail(email: EmailInput, options?: PostOptions): Promise<Answer<'sendEmail'>> {
    return this.#call(operations.sendEmail, { body: email }, options);
  }

  getEmail(
    trackingId: string,
    query: QueryOf<Operations['getEmail']> = {},
    options?: GetOptions,
  ): Promise<Answer<'getEmail'>> {
    return this.#call(operations.getEmail, { params: { tracking_id: trackingId }, query }, options);
  }

  /** `new_replies` are those that no earlier check returned. What a reply says is under `untrusted`: a stranger's words. */
  checkReplies(body: CheckRepliesInput = {}, options?: PostOptions): Promise<Answer<'checkReplies'>> {
    return this.#call(operations.checkReplies, { body }, options);
  }

  /** Reminds those who have not answered, in the same thread. */
  sendFollowUp(
    trackingId: string,
    body: BodyOf<Operations['sendFollowUp']> = {},
    options?: PostOptions,
  ): Promise<Answer<'sendFollowUp'>> {
    return this.#call(operations.sendFollowUp, { params: { tracking_id: trackingId }, body }, options);
  }

  /** Answers undefined when there is nothing to do. A claim that may have been granted is not repeated: an unused lease ends by itself. */
  claimRun(body: BodyOf<Operations['claimRun']> = {}, options?: PostOptions): Promise<Answer<'claimRun'> | undefined> {
    return this.#call(operations.claimRun, { body }, waiting(body.wait_seconds, this.#settings, options));
  }

  heartbeatRun(
    runId: string,
    body: BodyOf<Operations['heartbeatRun']>,
    options?: PostOptions,
  ): Promise<Answer<'heartbeatRun'>> {
    return this.#call(operations.heartbeatRun, { params: { run_id: runId }, body }, options);
  }

  finishRun(runId: string, body: BodyOf<Operations['finishRun']>, options?: PostOptions): Promise<Answer<'finishRun'>> {
    return this.#call(operations.finishRun, { params: { run_id: runId }, body }, options);
  }

  listMissionRuns(
    missionId: string,
    query: QueryOf<Operations['listMissionRuns']> = {},
    options?: GetOptions,
  ): Promise<Answer<'listMissionRuns'>> {
    return this.#call(operations.listMissionRuns, { params: { mission_id: missionId }, query }, options);
  }

  #call<O>(operation: O, input: Input, options?: CallOptions): Promise<ResponseOf<O>> {
    return call(this.#settings, operation, input, options);
  }
}
