import type { Proposal } from '@missions/contracts/approval/input-request.ts';
import type { MissionPatch } from '@missions/contracts/mission/bodies.ts';
import { Refused } from './decision.ts';
import type { ChangeBuilder } from './mission-changes.ts';
import * as steps from './mission-steps.ts';
import { questionOf, withheld, withoutProposed } from './proposal.ts';
import { requestInput } from './request-input.ts';
import { isClosed, type Mission, openBlockers } from './state.ts';
import { openBlocker, resolveBlocker } from './waiting.ts';
import { parseBlockedBy } from './wait-request.ts';

/** An ended mission still accepts changes of its report fields, but not of its plan fields. */
const reportFields = ['summary', 'details', 'metadata'] as const;
const planFields = [
  'title',
  'description',
  'priority',
  'due_at',
  'can_run_autonomously',
  'max_lifetime_hours',
] as const;

/**
 * PATCH of a mission: fields first, then at most one step, so that a summary sent along with `completed` is part of it.
 */
export function patchMission(changes: ChangeBuilder, patch: MissionPatch): void {
  if (patch.status !== undefined && patch.phase !== undefined) {
    throw invalidField('/phase', 'Send status or phase, one step at a time.');
  }
  if (
    patch.outcome !== undefined &&
    patch.status !== 'completed' &&
    patch.status !== 'failed' &&
    patch.status !== 'cancelled'
  ) {
    throw invalidField('/outcome', 'outcome is set together with the status that ends the mission.');
  }
  if (patch.outcome !== undefined && patch.status !== 'completed' && patch.outcome !== patch.status) {
    throw invalidField(
      '/outcome',
      `The outcome of a mission that ends as ${patch.status} is ${patch.status}; describe partial results in summary and details.`,
    );
  }
  if (
    patch.blocked_reason !== undefined &&
    !patch.blocked_by &&
    !(patch.blocked_by === '' && patch.blocked_reason === '')
  ) {
    throw invalidField('/blocked_reason', 'blocked_reason is the reason of a wait: send blocked_by with it.');
  }
  const { actor, mission } = changes;
  const proposal = withheld(actor, mission, patch);
  setFields(changes, proposal === null ? patch : withoutProposed(patch, proposal));
  step(changes, patch);
  if (proposal) propose(changes, proposal);
}

/** Asks the user, unless a question that waits for them proposes the same. A mission that ends is not asked about. */
function propose(changes: ChangeBuilder, proposal: Proposal): void {
  steps.requireOpen(changes.mission);
  const { proposes } = openBlockers(changes.mission).find((open) => isSame(open.proposes, proposal)) ?? {};
  if (!proposes) requestInput(changes, changes.newId(), questionOf(proposal, changes.actor, changes.mission.title));
}

const isSame = (one: Proposal | null | undefined, other: Proposal): boolean =>
  one?.can_run_autonomously === other.can_run_autonomously && one?.max_lifetime_hours === other.max_lifetime_hours;

function setFields(changes: ChangeBuilder, patch: MissionPatch): void {
  const changed: Record<string, unknown> = {};
  for (const field of [...planFields, ...reportFields]) {
    const value =
      field === 'due_at' && typeof patch.due_at === 'string' ? new Date(patch.due_at).toISOString() : patch[field];
    if (value !== undefined && JSON.stringify(value) !== JSON.stringify(changes.mission[field])) changed[field] = value;
  }
  const names = Object.keys(changed);
  if (names.length === 0) return;
  if (isClosed(changes.mission) && patch.status === undefined && patch.phase === undefined) {
    const plan = names.filter((name) => !reportFields.some((field) => field === name));
    if (plan.length > 0) steps.requireOpen(changes.mission);
  }
  changes.set(changed as Partial<Mission>);
  changes.record('updated', { title: `Changed ${names.join(', ')}`, metadata: { changed: names } });
}

function step(changes: ChangeBuilder, patch: MissionPatch): void {
  if (patch.blocked_by && patch.status !== 'waiting' && (patch.status !== undefined || patch.phase !== undefined)) {
    throw invalidField('/blocked_by', 'blocked_by opens a wait: send it alone or with the status waiting.');
  }
  if (patch.blocked_by === '' && !isClosed(changes.mission)) unblockByHand(changes);
  switch (patch.status) {
    case 'paused':
      return steps.pause(changes);
    case 'active':
      return steps.unpause(changes);
    case 'completed':
      return steps.complete(changes, patch.outcome);
    case 'cancelled':
      return steps.cancel(changes);
    case 'failed':
      return steps.fail(changes);
    case 'waiting':
      if (!patch.blocked_by)
        throw invalidField(
          '/blocked_by',
          'To wait, name the awaited thing: blocked_by as "kind:reference", or as free text for a manual block.',
        );
      return block(changes, patch.blocked_by, patch.blocked_reason ?? '');
    case undefined:
      break;
    default:
      return patch.status satisfies never;
  }
  if (patch.phase !== undefined && (isClosed(changes.mission) || patch.phase !== changes.mission.phase)) {
    return patch.phase === 'executing' ? steps.execute(changes) : steps.replan(changes);
  }
  if (patch.blocked_by) return block(changes, patch.blocked_by, patch.blocked_reason ?? '');
  if (patch.blocked_by === '') steps.requireOpen(changes.mission);
}

function block(changes: ChangeBuilder, blockedBy: string, reason: string): void {
  steps.requireStep(changes.mission, 'block', 'waiting');
  openBlocker(changes, null, parseBlockedBy(blockedBy, reason, '/blocked_by'));
}

/** Ends the waits of the whole mission, except input requests, which only the user's response ends. */
function unblockByHand(changes: ChangeBuilder): void {
  for (const blocker of openBlockers(changes.mission)) {
    if (blocker.task_id === null && blocker.kind !== 'human_input') resolveBlocker(changes, blocker, { by: 'hand' });
  }
}

const invalidField = (path: string, message: string): Refused =>
  new Refused('VALIDATION_FAILED', message, { errors: [{ path, message }] });
