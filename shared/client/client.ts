import type { NewTask, NewSignal } from '@missions/contracts/mission/bodies.ts';
import type { Task } from '@missions/contracts/mission/representation.ts';
import * as operations from '@missions/contracts/rest/missions.ts';
import type { AnswerOf, BodyOf, Operation, QueryOf } from '@missions/contracts/rest/operation.ts';
import { call, type CallOptions } from './call.ts';
import { pages } from './paging.ts';
import type { Input } from './request.ts';
import { type ClientOptions, type Settings, settingsOf } from './settings.ts';

type Operations = typeof operations;
/** What an operation answers, e.g. `Answer<'getMission'>`. */
export type Answer<Name extends keyof Operations> = AnswerOf<Operations[Name]>;
/** The user may be left to the client's `userId`. */
type OfUser<Given> = Omit<Given, 'user_id'> & { user_id?: string };

export type MissionQuery = OfUser<QueryOf<Operations['listMissions']>>;
export type MissionInput = OfUser<BodyOf<Operations['createMission']>>;
export type MissionInList = Answer<'listMissions'>['missions'][number];
export type EventQuery = QueryOf<Operations['listMissionEvents']>;
export type EventInList = Answer<'listMissionEvents'>['events'][number];

type PostOptions = Omit<CallOptions, 'ifVersion'>;
type PatchOptions = Omit<CallOptions, 'idempotencyKey'>;
type GetOptions = Omit<CallOptions, 'idempotencyKey' | 'ifVersion'>;

/**
 * The gateway's API, one method for each operation, with bodies and answers typed by the contracts. Calls are repeated where that is safe: every
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

  getMission(missionId: string, query: QueryOf<Operations['getMission']> = {}, options?: GetOptions): Promise<Answer<'getMission'>> {
    return this.#call(operations.getMission, { params: { mission_id: missionId }, query }, options);
  }

  updateMission(missionId: string, patch: BodyOf<Operations['updateMission']>, options?: PatchOptions): Promise<Answer<'updateMission'>> {
    return this.#call(operations.updateMission, { params: { mission_id: missionId }, body: patch }, options);
  }

  addMissionTask(missionId: string, task: NewTask, options?: PostOptions): Promise<Task> {
    return this.#call(operations.addMissionTask, { params: { mission_id: missionId }, body: task }, options) as Promise<Task>;
  }

  /** All or none, in the order given; `depends_on` may name a `ref` of the same call. */
  async addMissionTasks(missionId: string, tasks: readonly NewTask[], options?: PostOptions): Promise<Task[]> {
    const answer = await this.#call(operations.addMissionTask, { params: { mission_id: missionId }, body: { tasks } }, options);
    return (answer as { tasks: Task[] }).tasks;
  }

  updateMissionTask(missionId: string, taskId: string, patch: BodyOf<Operations['updateMissionTask']>, options?: PatchOptions): Promise<Answer<'updateMissionTask'>> {
    return this.#call(operations.updateMissionTask, { params: { mission_id: missionId, task_id: taskId }, body: patch }, options);
  }

  logMissionEvent(missionId: string, event: BodyOf<Operations['logMissionEvent']>, options?: PostOptions): Promise<Answer<'logMissionEvent'>> {
    return this.#call(operations.logMissionEvent, { params: { mission_id: missionId }, body: event }, options);
  }

  listMissionEvents(missionId: string, query: EventQuery = {}, options?: GetOptions): Promise<Answer<'listMissionEvents'>> {
    return this.#call(operations.listMissionEvents, { params: { mission_id: missionId }, query }, options);
  }

  /** The whole history, page by page; oldest first unless asked otherwise. */
  eachEvent(missionId: string, query: EventQuery = {}, options?: GetOptions): AsyncGenerator<EventInList, void, undefined> {
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

  #call<O>(operation: O, input: Input, options?: CallOptions): Promise<AnswerOf<O>> {
    return call(this.#settings, operation as unknown as Operation, input, options) as Promise<AnswerOf<O>>;
  }
}
