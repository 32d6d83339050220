import type * as rules from '@missions/contracts/rest/approval-rules.ts';
import type * as delegations from '@missions/contracts/rest/delegations.ts';
import type * as inbox from '@missions/contracts/rest/inbox.ts';
import type * as inputRequests from '@missions/contracts/rest/input-requests.ts';
import type { Method } from '@missions/contracts/rest/operation.ts';
import type * as limits from '@missions/contracts/rest/limits.ts';
import type * as notifications from '@missions/contracts/rest/notifications.ts';
import type * as sessions from '@missions/contracts/rest/sessions.ts';
import type * as stop from '@missions/contracts/rest/stop.ts';
import type * as users from '@missions/contracts/rest/users.ts';
import type { CallableOperation } from './request.ts';

const MISSIONS = '/api/v1/missions';
const MISSION = `${MISSIONS}/{mission_id}`;
const TASK = `${MISSION}/tasks/{task_id}`;
const INBOX = '/api/v1/inbox';
const NOTIFICATIONS = '/api/v1/notifications';
const PREFERENCES = `${NOTIFICATIONS}/preferences`;
const DEVICES = `${NOTIFICATIONS}/devices`;
const STOP = '/api/v1/stop';
const QUESTIONS = '/api/v1/input-requests';
const RULES = '/api/v1/approval-rules';
const DELEGATIONS = '/api/v1/delegations';

const at = (method: Method, path: string): CallableOperation => ({ method, path });

/**
 * Where the operations for users are: what a call needs of the contracts, without their schemas, which would be nine
 * tenths of what a browser loads. A spec compares it with the contracts.
 */
export const userOperations = {
  listMyMissions: at('get', MISSIONS),
  createMyMission: at('post', MISSIONS),
  getMyMission: at('get', MISSION),
  updateMyMission: { ...at('patch', MISSION), conditional: true },
  listMyMissionEvents: at('get', `${MISSION}/events`),
  listMyMissionEmails: at('get', `${MISSION}/emails`),
  listMyMissionRuns: at('get', `${MISSION}/runs`),
  cancelMyMission: at('post', `${MISSION}/cancel`),
  pauseMyMission: at('post', `${MISSION}/pause`),
  resumeMyMission: at('post', `${MISSION}/resume`),
  retryMyMission: at('post', `${MISSION}/retry`),
  restoreMyMission: at('post', `${MISSION}/restore`),
  keepMyMission: at('post', `${MISSION}/keep`),
  messageMyMission: at('post', `${MISSION}/messages`),
  markReceived: at('post', `${TASK}/received`),
  retryMyTask: at('post', `${TASK}/retry`),
  skipMyTask: at('post', `${TASK}/skip`),
  listMyInbox: at('get', INBOX),
  markInboxSeen: at('post', `${INBOX}/seen`),
  snoozeInboxItem: at('post', `${INBOX}/snooze`),
  listMyInputRequests: at('get', QUESTIONS),
  listPendingInputs: at('get', `${MISSIONS}/pending-inputs`),
  getMyInputRequest: at('get', `${QUESTIONS}/{request_id}`),
  respondToInputRequest: at('post', `${QUESTIONS}/{request_id}/respond`),
  withdrawMyInputRequest: at('post', `${MISSION}/input-requests/{request_id}/withdraw`),
  listMyDecisions: at('get', '/api/v1/history'),
  streamMyEvents: at('get', '/api/v1/stream'),
  getMe: at('get', '/api/v1/me'),
  updateMe: at('patch', '/api/v1/me'),
  confirmMyAddress: { ...at('post', '/api/v1/me/address'), repeatable: true },
  getMyPreferences: at('get', PREFERENCES),
  updateMyPreferences: at('patch', PREFERENCES),
  listMyDevices: at('get', DEVICES),
  addMyDevice: { ...at('post', DEVICES), repeatable: true },
  removeMyDevice: at('delete', `${DEVICES}/{device_id}`),
  getMyUsage: at('get', '/api/v1/usage'),
  getMyLimits: at('get', '/api/v1/limits'),
  setMyLimits: at('put', '/api/v1/limits'),
  getMyMissionLimits: at('get', `${MISSION}/limits`),
  setMyMissionLimits: at('put', `${MISSION}/limits`),
  getMyStop: at('get', STOP),
  stopMyAgents: at('put', STOP),
  letMyAgentsGoOn: at('delete', STOP),
  listMyApprovalRules: at('get', RULES),
  createMyApprovalRule: at('post', RULES),
  getMyApprovalRule: at('get', `${RULES}/{rule_id}`),
  updateMyApprovalRule: at('patch', `${RULES}/{rule_id}`),
  removeMyApprovalRule: at('delete', `${RULES}/{rule_id}`),
  listMyDelegations: at('get', DELEGATIONS),
  createMyDelegation: at('post', DELEGATIONS),
  endMyDelegation: at('delete', `${DELEGATIONS}/{delegation_id}`),
  listMySessions: at('get', '/api/v1/sessions'),
  endMySession: at('delete', '/api/v1/sessions/{session_id}'),
} satisfies Record<string, CallableOperation>;

type Contracts = typeof users &
  typeof inbox &
  typeof inputRequests &
  typeof sessions &
  typeof notifications &
  typeof limits &
  typeof stop &
  typeof rules &
  typeof delegations;
/** Each with the types of its contract. */
export type UserOperations = Pick<Contracts, keyof typeof userOperations>;
