import {
  type AuditAction,
  byCaller,
  byProduct,
  type Deed,
  type IntendedDeed,
  missionDeeds,
} from '@missions/contracts/audit.ts';
import type { Caller } from '@missions/contracts/request.ts';
import type { Command } from './decide.ts';
import { DEFAULT_LIFETIME_HOURS } from './proposal.ts';
import type { Mission } from './state.ts';

interface Control {
  readonly action: AuditAction;
  /** The task that the control is of; null for the mission. */
  readonly task_id: string | null;
  /** The question that the control is of. */
  readonly request_id?: string;
}

/**
 * The controls that a caller's command asks for, as the audit record has them; none for a command that is work rather
 * than control.
 * @param mission as it is before the command; undefined if the caller has no such mission.
 */
export const deedsOf = (
  caller: Caller,
  { mission_id, command }: { readonly mission_id: string; readonly command: Command },
  mission: Mission | undefined,
): IntendedDeed[] =>
  controlsOf(command, mission, caller.kind === 'user').map(({ action, task_id, request_id }) => ({
    customer_id: caller.customer_id,
    by: byCaller(caller),
    action,
    target:
      request_id !== undefined
        ? { kind: 'input_request', id: request_id }
        : task_id === null
          ? { kind: 'mission', id: mission_id }
          : { kind: 'task', id: task_id },
    mission_id,
  }));

const shownFields = ['title', 'description', 'priority', 'due_at'] as const;

/** @param byUser what agents write as their work is a control when the user writes it. */
function controlsOf(command: Command, mission: Mission | undefined, byUser: boolean): Control[] {
  const ofMission = (action: AuditAction): Control[] => [{ action, task_id: null }];
  switch (command.type) {
    case 'PatchMission': {
      const { status, can_run_autonomously: autonomy, max_lifetime_hours: lifetime } = command.patch;
      return [
        ...(status === 'paused' ? ofMission(missionDeeds.paused) : []),
        ...(status === 'active' ? ofMission(missionDeeds.resumed) : []),
        ...(status === 'cancelled' ? ofMission(missionDeeds.cancelled) : []),
        ...(autonomy !== undefined && autonomy !== mission?.can_run_autonomously
          ? ofMission(autonomy ? missionDeeds.autonomy_granted : missionDeeds.autonomy_withdrawn)
          : []),
        ...(lifetime !== undefined && lifetime !== mission?.max_lifetime_hours
          ? ofMission(missionDeeds.lifetime_changed)
          : []),
        ...(byUser && shownFields.some((field) => command.patch[field] !== undefined)
          ? ofMission(missionDeeds.changed)
          : []),
      ];
    }
    case 'PatchTask': {
      const { status } = command.patch;
      const task_id = command.task_id.toLowerCase();
      if (status === 'skipped') return [{ action: 'task.skipped', task_id }];
      const isRetry =
        status === 'ready' && mission?.tasks.some(({ id, status: now }) => id === task_id && now === 'failed');
      return isRetry ? [{ action: 'task.retried', task_id }] : [];
    }
    case 'Resume':
      // Continuing in another conversation is work; it lifts a pause that an agent has set.
      return mission?.paused_by === 'agent' ? ofMission(missionDeeds.resumed) : [];
    case 'WithdrawInput':
      return [{ action: 'input_request.withdrawn', task_id: null, request_id: command.request_id }];
    case 'LogEvent':
      return byUser ? ofMission(missionDeeds.messaged) : [];
    case 'Keep':
      return ofMission(missionDeeds.kept);
    case 'RetryTask':
      return [{ action: 'task.retried', task_id: command.task_id.toLowerCase() }];
    case 'RetryFailed':
      return ofMission(missionDeeds.retried);
    case 'Restore':
      return ofMission(missionDeeds.restored);
    case 'MarkReceived':
      return [{ action: 'task.received', task_id: command.task_id.toLowerCase() }];
    default:
      return [];
  }
}

/** An agent's wish for autonomous work or a longer life may become a question to the user, and then is no deed yet. */
export function tookEffect({ action }: IntendedDeed, before: Mission, after: Mission): boolean {
  if (action === missionDeeds.changed) return shownFields.some((field) => before[field] !== after[field]);
  if (action === missionDeeds.lifetime_changed) return before.max_lifetime_hours !== after.max_lifetime_hours;
  if (action !== missionDeeds.autonomy_granted && action !== missionDeeds.autonomy_withdrawn) return true;
  return before.can_run_autonomously !== after.can_run_autonomously;
}

/**
 * What the user's answer to a proposal has granted. The answer's own entry, in the record of the approval service,
 * holds who gave it from where; this one says what it changed.
 */
export const grantsOf = (before: Mission, after: Mission): Deed[] =>
  [
    ...(!before.can_run_autonomously && after.can_run_autonomously ? [missionDeeds.autonomy_granted] : []),
    ...(before.max_lifetime_hours !== after.max_lifetime_hours ? [missionDeeds.lifetime_changed] : []),
  ].map((action) => ({
    ...onMission(after, action),
    by: { ...byProduct, actor: 'user', user_id: after.user_id },
  }));

/**
 * That the user has created it, and what a new mission may do that its caller, or the user for the caller, had to be
 * allowed: the standard is no deed.
 */
export const grantsAtCreation = (caller: Caller, mission: Mission): Deed[] =>
  [
    ...(caller.kind === 'user' ? [missionDeeds.created] : []),
    ...(mission.can_run_autonomously ? [missionDeeds.autonomy_granted] : []),
    ...(mission.max_lifetime_hours > DEFAULT_LIFETIME_HOURS ? [missionDeeds.lifetime_changed] : []),
  ].map((action) => ({ ...onMission(mission, action), by: byCaller(caller) }));

/**
 * The controls that the product itself has exercised: it pauses a mission whose runs failed too often, and ends one that
 * its user has left.
 */
export const deedsOfProduct = (before: Mission, after: Mission): Deed[] =>
  [
    ...(before.paused_by !== 'system' && after.paused_by === 'system' ? [missionDeeds.paused] : []),
    ...(before.deleted_at === null && after.deleted_at !== null ? [missionDeeds.cancelled] : []),
  ].map((action) => ({ ...onMission(after, action), by: byProduct }));

const onMission = ({ id, customer_id }: Mission, action: AuditAction): Omit<Deed, 'by'> => ({
  customer_id,
  action,
  target: { kind: 'mission', id },
  mission_id: id,
  result: 'done',
});
