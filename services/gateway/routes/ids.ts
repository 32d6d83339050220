import { type ErrorCode, Problem } from '@missions/contracts/errors.ts';
import { isUuid } from '@missions/runtime/id.ts';

type Params = Readonly<Record<string, string>>;

/** A text that is no id names nothing, as the id of a missing resource does: 404, not 400 (specification section 5). */
const idIn = (params: Params, name: string, code: ErrorCode, what: string): string => {
  const id = (params[name] ?? '').toLowerCase();
  if (!isUuid(id))
    throw new Problem(code, `There is no ${what} with this id: ids are UUIDs, as given when it was created.`);
  return id;
};

export const missionId = (params: Params): string => idIn(params, 'mission_id', 'MISSION_NOT_FOUND', 'mission');
export const taskId = (params: Params): string => idIn(params, 'task_id', 'TASK_NOT_FOUND', 'task');
export const requestId = (params: Params): string =>
  idIn(params, 'request_id', 'INPUT_REQUEST_NOT_FOUND', 'input request');
export const trackingId = (params: Params): string => idIn(params, 'tracking_id', 'EMAIL_NOT_FOUND', 'e-mail');
export const ruleId = (params: Params): string => idIn(params, 'rule_id', 'NOT_FOUND', 'rule');
export const delegationId = (params: Params): string => idIn(params, 'delegation_id', 'NOT_FOUND', 'delegation');
export const runId = (params: Params): string => idIn(params, 'run_id', 'NOT_FOUND', 'run');
