import {
  listMyInputRequests,
  listPendingInputs,
  respondToInputRequest,
} from '@missions/contracts/rest/input-requests.ts';
import type { ResponseOf, BodyOf, QueryOf } from '@missions/contracts/rest/operation.ts';
import * as missions from '@missions/contracts/rest/users.ts';
import { call, type CallOptions, type GetOptions, type PostOptions } from './call.ts';
import { pages } from './paging.ts';
import type { Input } from './request.ts';
import { type ClientOptions, type Settings, settingsOf } from './options.ts';
import { stream, type StreamOptions } from './stream.ts';

const operations = { ...missions, listMyInputRequests, listPendingInputs, respondToInputRequest };
type Operations = typeof operations;
export type Answer<Name extends keyof Operations> = ResponseOf<Operations[Name]>;

/** The gateway's API for users (`/api/v1`): with the user's own token, or with the service secret and a `userId`. Otherwise like MissionsClient. */
export class UserClient {
  readonly #settings: Settings;

  /** @throws {TypeError} */
  constructor(options: Omit<ClientOptions, 'agentId'>) {
    this.#settings = settingsOf(options);
  }

  listMyMissions(
    query: QueryOf<Operations['listMyMissions']> = {},
    options?: GetOptions,
  ): Promise<Answer<'listMyMissions'>> {
    return this.#call(operations.listMyMissions, { query }, options);
  }

  /** Every mission that the query finds, page by page. */
  eachOfMyMissions(
    query: QueryOf<Operations['listMyMissions']> = {},
    options?: GetOptions,
  ): AsyncGenerator<Answer<'listMyMissions'>['missions'][number], void, undefined> {
    return pages(async (cursor) => {
      const { missions, next_cursor } = await this.listMyMissions({ ...query, ...cursor }, options);
      return { items: missions, next_cursor };
    });
  }

  getMyMission(
    missionId: string,
    query: QueryOf<Operations['getMyMission']> = {},
    options?: GetOptions,
  ): Promise<Answer<'getMyMission'>> {
    return this.#call(operations.getMyMission, { params: { mission_id: missionId }, query }, options);
  }

  cancelMyMission(missionId: string, options?: PostOptions): Promise<Answer<'cancelMyMission'>> {
    return this.#control(operations.cancelMyMission, missionId, options);
  }

  pauseMyMission(missionId: string, options?: PostOptions): Promise<Answer<'pauseMyMission'>> {
    return this.#control(operations.pauseMyMission, missionId, options);
  }

  resumeMyMission(missionId: string, options?: PostOptions): Promise<Answer<'resumeMyMission'>> {
    return this.#control(operations.resumeMyMission, missionId, options);
  }

  retryMyMission(missionId: string, options?: PostOptions): Promise<Answer<'retryMyMission'>> {
    return this.#control(operations.retryMyMission, missionId, options);
  }

  restoreMyMission(missionId: string, options?: PostOptions): Promise<Answer<'restoreMyMission'>> {
    return this.#control(operations.restoreMyMission, missionId, options);
  }

  markReceived(missionId: string, taskId: string, options?: PostOptions): Promise<Answer<'markReceived'>> {
    return this.#call(
      operations.markReceived,
      { params: { mission_id: missionId, task_id: taskId }, body: {} },
      options,
    );
  }

  listMyInputRequests(
    query: QueryOf<Operations['listMyInputRequests']> = {},
    options?: GetOptions,
  ): Promise<Answer<'listMyInputRequests'>> {
    return this.#call(operations.listMyInputRequests, { query }, options);
  }

  listPendingInputs(
    query: QueryOf<Operations['listPendingInputs']> = {},
    options?: GetOptions,
  ): Promise<Answer<'listPendingInputs'>> {
    return this.#call(operations.listPendingInputs, { query }, options);
  }

  respondToInputRequest(
    requestId: string,
    answer: BodyOf<Operations['respondToInputRequest']>,
    options?: PostOptions,
  ): Promise<Answer<'respondToInputRequest'>> {
    return this.#call(operations.respondToInputRequest, { params: { request_id: requestId }, body: answer }, options);
  }

  /** What happens in the user's missions, as it happens, until the signal or a `break` ends it. A lost connection is made again, and what was missed meanwhile comes first. */
  streamMyEvents(options?: StreamOptions): AsyncGenerator<Answer<'streamMyEvents'>, void, undefined> {
    return stream(this.#settings, operations.streamMyEvents, options);
  }

  #control<O>(operation: O, missionId: string, options?: PostOptions): Promise<ResponseOf<O>> {
    return this.#call(operation, { params: { mission_id: missionId }, body: {} }, options);
  }

  #call<O>(operation: O, input: Input, options?: CallOptions): Promise<ResponseOf<O>> {
    return call(this.#settings, operation, input, options);
  }
}
