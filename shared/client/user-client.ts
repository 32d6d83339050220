import type { ResponseOf, BodyOf, QueryOf } from '@missions/contracts/rest/operation.ts';
import { EnvelopeClient } from './envelope-client.ts';
import { pages } from './paging.ts';
import type { CallOptions, GetOptions, PatchOptions, PostOptions } from './options.ts';
import { stream, type StreamOptions } from './stream.ts';
import { userOperations, type UserOperations as Operations } from './user-operations.ts';

const operations = userOperations as unknown as Operations;
/** The response body of an operation for users, e.g. `UserResponseTo<'getMyMission'>`. */
export type UserResponseTo<Name extends keyof Operations> = ResponseOf<Operations[Name]>;

/**
 * The gateway's API for users (`/api/v1`), called with the user's own token, with the service secret and a `userId`, or
 * on the product's own page with the session of the browser. Otherwise like MissionsClient.
 */
export class UserClient extends EnvelopeClient {
  listMyMissions(
    query: QueryOf<Operations['listMyMissions']> = {},
    options?: GetOptions,
  ): Promise<UserResponseTo<'listMyMissions'>> {
    return this.call(operations.listMyMissions, { query }, options);
  }

  /** Every mission that matches the query; pages are fetched as needed. */
  eachOfMyMissions(
    query: QueryOf<Operations['listMyMissions']> = {},
    options?: GetOptions,
  ): AsyncGenerator<UserResponseTo<'listMyMissions'>['missions'][number], void, undefined> {
    return pages(async (cursor) => {
      const { missions, next_cursor } = await this.listMyMissions({ ...query, ...cursor }, options);
      return { items: missions, next_cursor };
    });
  }

  getMyMission(
    missionId: string,
    query: QueryOf<Operations['getMyMission']> = {},
    options?: GetOptions,
  ): Promise<UserResponseTo<'getMyMission'>> {
    return this.call(operations.getMyMission, { params: { mission_id: missionId }, query }, options);
  }

  listMyMissionEvents(
    missionId: string,
    query: QueryOf<Operations['listMyMissionEvents']> = {},
    options?: GetOptions,
  ): Promise<UserResponseTo<'listMyMissionEvents'>> {
    return this.call(operations.listMyMissionEvents, { params: { mission_id: missionId }, query }, options);
  }

  listMyMissionEmails(
    missionId: string,
    query: QueryOf<Operations['listMyMissionEmails']> = {},
    options?: GetOptions,
  ): Promise<UserResponseTo<'listMyMissionEmails'>> {
    return this.call(operations.listMyMissionEmails, { params: { mission_id: missionId }, query }, options);
  }

  listMyMissionRuns(
    missionId: string,
    query: QueryOf<Operations['listMyMissionRuns']> = {},
    options?: GetOptions,
  ): Promise<UserResponseTo<'listMyMissionRuns'>> {
    return this.call(operations.listMyMissionRuns, { params: { mission_id: missionId }, query }, options);
  }

  createMyMission(
    mission: BodyOf<Operations['createMyMission']>,
    options?: PostOptions,
  ): Promise<UserResponseTo<'createMyMission'>> {
    return this.call(operations.createMyMission, { body: mission }, options);
  }

  updateMyMission(
    missionId: string,
    patch: BodyOf<Operations['updateMyMission']>,
    options?: PatchOptions,
  ): Promise<UserResponseTo<'updateMyMission'>> {
    return this.call(operations.updateMyMission, { params: { mission_id: missionId }, body: patch }, options);
  }

  /** Starts the lifetime of the mission anew; a stale mission is stale no longer. */
  keepMyMission(missionId: string, options?: PostOptions): Promise<UserResponseTo<'keepMyMission'>> {
    return this.#control(operations.keepMyMission, missionId, options);
  }

  /** A word for whichever agent goes on with the mission. */
  messageMyMission(
    missionId: string,
    message: BodyOf<Operations['messageMyMission']>,
    options?: PostOptions,
  ): Promise<UserResponseTo<'messageMyMission'>> {
    return this.call(operations.messageMyMission, { params: { mission_id: missionId }, body: message }, options);
  }

  cancelMyMission(missionId: string, options?: PostOptions): Promise<UserResponseTo<'cancelMyMission'>> {
    return this.#control(operations.cancelMyMission, missionId, options);
  }

  pauseMyMission(missionId: string, options?: PostOptions): Promise<UserResponseTo<'pauseMyMission'>> {
    return this.#control(operations.pauseMyMission, missionId, options);
  }

  resumeMyMission(missionId: string, options?: PostOptions): Promise<UserResponseTo<'resumeMyMission'>> {
    return this.#control(operations.resumeMyMission, missionId, options);
  }

  retryMyMission(missionId: string, options?: PostOptions): Promise<UserResponseTo<'retryMyMission'>> {
    return this.#control(operations.retryMyMission, missionId, options);
  }

  restoreMyMission(missionId: string, options?: PostOptions): Promise<UserResponseTo<'restoreMyMission'>> {
    return this.#control(operations.restoreMyMission, missionId, options);
  }

  markReceived(missionId: string, taskId: string, options?: PostOptions): Promise<UserResponseTo<'markReceived'>> {
    return this.#ofTask(operations.markReceived, missionId, taskId, options);
  }

  retryMyTask(missionId: string, taskId: string, options?: PostOptions): Promise<UserResponseTo<'retryMyTask'>> {
    return this.#ofTask(operations.retryMyTask, missionId, taskId, options);
  }

  skipMyTask(missionId: string, taskId: string, options?: PostOptions): Promise<UserResponseTo<'skipMyTask'>> {
    return this.#ofTask(operations.skipMyTask, missionId, taskId, options);
  }

  /** What waits for the user, the most pressing first. */
  listMyInbox(
    query: QueryOf<Operations['listMyInbox']> = {},
    options?: GetOptions,
  ): Promise<UserResponseTo<'listMyInbox'>> {
    return this.call(operations.listMyInbox, { query }, options);
  }

  /** @param items ids, or items as the inbox has shown them. */
  markInboxSeen(
    items: BodyOf<Operations['markInboxSeen']>['items'],
    options?: PostOptions,
  ): Promise<UserResponseTo<'markInboxSeen'>> {
    return this.call(operations.markInboxSeen, { body: { items } }, options);
  }

  /** Takes back that items were seen. */
  unmarkInboxSeen(
    items: BodyOf<Operations['markInboxSeen']>['items'],
    options?: PostOptions,
  ): Promise<UserResponseTo<'markInboxSeen'>> {
    return this.call(operations.markInboxSeen, { body: { items, seen: false } }, options);
  }

  /** Puts an item of the inbox off. */
  snoozeInboxItem(
    item: BodyOf<Operations['snoozeInboxItem']>['item'],
    until: string,
    options?: PostOptions,
  ): Promise<UserResponseTo<'snoozeInboxItem'>> {
    return this.call(operations.snoozeInboxItem, { body: { item, until } }, options);
  }

  listMyInputRequests(
    query: QueryOf<Operations['listMyInputRequests']> = {},
    options?: GetOptions,
  ): Promise<UserResponseTo<'listMyInputRequests'>> {
    return this.call(operations.listMyInputRequests, { query }, options);
  }

  listPendingInputs(
    query: QueryOf<Operations['listPendingInputs']> = {},
    options?: GetOptions,
  ): Promise<UserResponseTo<'listPendingInputs'>> {
    return this.call(operations.listPendingInputs, { query }, options);
  }

  getMyInputRequest(requestId: string, options?: GetOptions): Promise<UserResponseTo<'getMyInputRequest'>> {
    return this.call(operations.getMyInputRequest, { params: { request_id: requestId } }, options);
  }

  /** What the user decided, newest first. */
  listMyDecisions(
    query: QueryOf<Operations['listMyDecisions']> = {},
    options?: GetOptions,
  ): Promise<UserResponseTo<'listMyDecisions'>> {
    return this.call(operations.listMyDecisions, { query }, options);
  }

  respondToInputRequest(
    requestId: string,
    response: BodyOf<Operations['respondToInputRequest']>,
    options?: PostOptions,
  ): Promise<UserResponseTo<'respondToInputRequest'>> {
    return this.call(operations.respondToInputRequest, { params: { request_id: requestId }, body: response }, options);
  }

  /** Takes one open question back: its task goes on without an answer. */
  withdrawMyInputRequest(
    missionId: string,
    requestId: string,
    body: BodyOf<Operations['withdrawMyInputRequest']>,
    options?: PostOptions,
  ): Promise<UserResponseTo<'withdrawMyInputRequest'>> {
    const params = { mission_id: missionId, request_id: requestId };
    return this.call(operations.withdrawMyInputRequest, { params, body }, options);
  }

  getMe(options?: GetOptions): Promise<UserResponseTo<'getMe'>> {
    return this.call(operations.getMe, {}, options);
  }

  /** A new address is used once `confirmMyAddress` has its code. */
  updateMe(patch: BodyOf<Operations['updateMe']>, options?: CallOptions): Promise<UserResponseTo<'updateMe'>> {
    return this.call(operations.updateMe, { body: patch }, options);
  }

  confirmMyAddress(code: string, options?: CallOptions): Promise<UserResponseTo<'confirmMyAddress'>> {
    return this.call(operations.confirmMyAddress, { body: { code } }, options);
  }

  /** What the user is told, where, and when not. */
  getMyPreferences(options?: GetOptions): Promise<UserResponseTo<'getMyPreferences'>> {
    return this.call(operations.getMyPreferences, {}, options);
  }

  updateMyPreferences(
    patch: BodyOf<Operations['updateMyPreferences']>,
    options?: CallOptions,
  ): Promise<UserResponseTo<'updateMyPreferences'>> {
    return this.call(operations.updateMyPreferences, { body: patch }, options);
  }

  /** The browsers that show the user push messages, and the key that a new one subscribes with. */
  listMyDevices(options?: GetOptions): Promise<UserResponseTo<'listMyDevices'>> {
    return this.call(operations.listMyDevices, {}, options);
  }

  /** @param device what `PushSubscription.toJSON()` says, and a name */
  addMyDevice(
    device: BodyOf<Operations['addMyDevice']>,
    options?: CallOptions,
  ): Promise<UserResponseTo<'addMyDevice'>> {
    return this.call(operations.addMyDevice, { body: device }, options);
  }

  async removeMyDevice(deviceId: string, options?: CallOptions): Promise<void> {
    await this.call(operations.removeMyDevice, { params: { device_id: deviceId } }, options);
  }

  /** Where the user is signed in with a browser. */
  listMySessions(options?: GetOptions): Promise<UserResponseTo<'listMySessions'>> {
    return this.call(operations.listMySessions, {}, options);
  }

  async endMySession(sessionId: string, options?: CallOptions): Promise<void> {
    await this.call(operations.endMySession, { params: { session_id: sessionId } }, options);
  }

  /**
   * The history entries of the user's missions as they are written, until the signal or a `break` ends the stream. It
   * reconnects after a lost connection, and then starts with the entries that were missed.
   */
  streamMyEvents(options?: StreamOptions): AsyncGenerator<UserResponseTo<'streamMyEvents'>, void, undefined> {
    return stream(this.settings, operations.streamMyEvents, options);
  }

  #control<O>(operation: O, missionId: string, options?: PostOptions): Promise<ResponseOf<O>> {
    return this.call(operation, { params: { mission_id: missionId }, body: {} }, options);
  }

  #ofTask<O>(operation: O, missionId: string, taskId: string, options?: PostOptions): Promise<ResponseOf<O>> {
    return this.call(operation, { params: { mission_id: missionId, task_id: taskId }, body: {} }, options);
  }
}
