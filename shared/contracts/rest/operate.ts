import { Type } from 'typebox';
import * as it from '../operate.ts';
import { closed } from '../fields.ts';
import { operation } from './operation.ts';

/** The API for operators: people whom the configuration names (specification section 5 "Operators"). */
const root = '/api/operate';
const tag = 'for operators';
const Nothing = Type.Object({}, closed);

const read = { method: 'get', tag, status: 200, refusals: [] } as const;

export const getOperateStatus = operation({
  ...read,
  id: 'getOperateStatus',
  path: `${root}/status`,
  summary: 'An overview of the whole product, as `npm run missions -- status` shows it',
  response: it.OperateStatus,
});

export const listOutboxes = operation({
  ...read,
  id: 'listOutboxes',
  path: `${root}/outboxes`,
  summary: 'Events that are committed and not yet published, by service, with the oldest of them',
  response: Type.Object({ outboxes: Type.Array(it.Outbox), problems: Type.Array(Type.String()) }),
});

export const listTimers = operation({
  ...read,
  id: 'listTimers',
  path: `${root}/timers`,
  summary: 'Timers that are set, the next due first',
  query: it.TimerFilter,
  response: it.TimerList,
});

export const listAllRuns = operation({
  ...read,
  id: 'listAllRuns',
  path: `${root}/runs`,
  summary: 'Runs of autonomous missions, the newest first',
  query: it.RunSummaryFilter,
  response: it.RunList,
});

export const listUsage = operation({
  ...read,
  id: 'listUsage',
  path: `${root}/usage`,
  summary: 'What agents have used for each user, the most tokens first, as `npm run missions -- usage` shows it',
  query: it.UsedByUsersFilter,
  response: it.UsedByUsers,
});

export const listAgentKeys = operation({
  ...read,
  id: 'listAgentKeys',
  path: `${root}/keys`,
  summary: 'Agents’ keys, the newest first: whose, what for, until when, and when they were last used',
  query: it.AgentKeyFilter,
  response: Type.Object({ keys: Type.Array(it.AgentKeySummary) }),
});

export const listKillSwitches = operation({
  ...read,
  id: 'listKillSwitches',
  path: `${root}/kill-switches`,
  summary: 'Whose runs are stopped',
  response: it.KillSwitches,
});

export const setKillSwitch = operation({
  id: 'setKillSwitch',
  method: 'post',
  path: `${root}/kill-switches`,
  tag,
  summary: 'Stop the runs of everybody, a customer, a user or a mission at once, or let them go on',
  body: it.KillSwitchChange,
  response: it.KillSwitchChanged,
  status: 200,
  refusals: [],
  repeatable: true,
  fenced: true,
});

export const listDeadLetters = operation({
  ...read,
  id: 'listDeadLetters',
  path: `${root}/dead-letters`,
  summary: 'Messages that could not be handled, the oldest first',
  query: it.DeadLetterFilter,
  response: Type.Object({ dead_letters: Type.Array(it.DeadLetterSummary) }),
});

export const getDeadLetter = operation({
  ...read,
  id: 'getDeadLetter',
  path: `${root}/dead-letters/{sequence}`,
  summary: 'A dead letter with its headers and its body',
  response: it.DeadLetterContent,
  refusals: ['NOT_FOUND'],
});

const disposal = {
  method: 'post',
  tag,
  body: Nothing,
  response: it.DeadLetterSummary,
  status: 200,
  refusals: ['NOT_FOUND', 'INVALID_TRANSITION'],
  repeatable: true,
  fenced: true,
} as const;

export const replayDeadLetter = operation({
  ...disposal,
  id: 'replayDeadLetter',
  path: `${root}/dead-letters/{sequence}/replay`,
  summary: 'Give a dead letter to its consumers again; those that had its effect do not have it again',
});

export const dropDeadLetter = operation({
  ...disposal,
  id: 'dropDeadLetter',
  path: `${root}/dead-letters/{sequence}/drop`,
  summary: 'Throw a dead letter away',
});

export const operateOperations = [
  getOperateStatus,
  listOutboxes,
  listTimers,
  listAllRuns,
  listUsage,
  listAgentKeys,
  listKillSwitches,
  setKillSwitch,
  listDeadLetters,
  getDeadLetter,
  replayDeadLetter,
  dropDeadLetter,
] as const;
