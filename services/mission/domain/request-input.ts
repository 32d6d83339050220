import { approvalOptions } from '@missions/contracts/approval/action.ts';
import { actionFaults } from '@missions/contracts/approval/edits.ts';
import {
  type AskedInputRequest,
  DEFAULT_EXPIRY_HOURS,
  MIN_DEFAULT_HOURS,
  type NewInputRequest,
  taskTexts,
} from '@missions/contracts/approval/input-request.ts';
import { escalationOf, peopleFaults } from '@missions/contracts/approval/several-people.ts';
import type { FieldError } from '@missions/contracts/errors.ts';
import { truncate } from '@missions/contracts/truncate.ts';
import { inputRequestKey } from '@missions/contracts/waits.ts';
import { settleConcerns } from './concerns.ts';
import { Refused } from './decision.ts';
import type { ChangeBuilder } from './mission-changes.ts';
import { requireStep } from './mission-steps.ts';
import { optionsOf, proposalFaults } from './proposal.ts';
import { startWaits } from './task-readiness.ts';
import { type AskedBlocker, type Blocker, type Mission, openBlockers } from './state.ts';
import { holdBy, HOUR, requireAbleToWait } from './waiting.ts';

/**
 * Requesting input from the user is one decision of the mission (specification section 8): the mission waits from here
 * on, and the event carries the whole input request to the approval service. The deadline is computed here (`complete`);
 * the approval service stores and enforces it, and the blocker of the mission only shows it.
 */
export function requestInput(changes: ChangeBuilder, requestId: string, input: NewInputRequest): void {
  requireStep(changes.mission, 'block', 'waiting');
  refuseInvalid(input, changes.mission.user_id);
  refuseTooMany(changes.mission);
  const asked = complete(changes, requestId, input);
  requireAbleToWait(
    changes,
    asked.task_id,
    'waiting_human',
    'Leave task_id out to request input for the whole mission.',
  );
  const blocker: Blocker = {
    id: changes.newId(),
    task_id: asked.task_id,
    key: inputRequestKey(requestId),
    kind: 'human_input',
    reason: truncate(asked.prompt, 500),
    until: 'all',
    on_signal: 'resume',
    on_timeout: input.on_timeout ?? 'fail',
    opened_at: changes.at,
    timeout_at: asked.expires_at,
    accept_after: null,
    proposes: input.proposes ?? null,
    asked: { urgency: asked.urgency, agent_id: changes.actor.agent_id, ...othersOf(asked) },
    task_was: asked.task_id !== null && changes.task(asked.task_id).status === 'ready' ? 'ready' : null,
    resolved_at: null,
    resolution: null,
  };
  holdBy(changes, blocker);
  changes.set({ unanswered_at: null });
  settleConcerns(changes, ({ kind, task_id }) => kind === 'unanswered' && (task_id ?? asked.task_id) === asked.task_id);
  changes.record('input_requested', {
    title: asked.prompt,
    content: asked.prompt,
    task_id: asked.task_id,
    metadata: {
      key: blocker.key,
      request_id: requestId,
      options: asked.options,
      default_option: asked.default_option,
      expires_at: asked.expires_at,
    },
    event: { question: asked },
  });
  // The input request may be the first step of work after a replan, so tasks that only wait start to wait now.
  startWaits(changes);
}

/** Fills in every default and makes every time absolute: the approval service stores the input request as it is. */
function complete(changes: ChangeBuilder, id: string, input: NewInputRequest): AskedInputRequest {
  const { customer_id, user_id, id: mission_id } = changes.mission;
  const task = input.task_id ? changes.task(input.task_id.toLowerCase()) : null;
  const inHours = (hours: number): string => new Date(new Date(changes.at).getTime() + hours * HOUR).toISOString();
  const times = {
    created_at: changes.at,
    expires_at: inHours(input.expires_in_hours ?? DEFAULT_EXPIRY_HOURS),
    remind_at: input.remind_in_hours === undefined ? null : inHours(input.remind_in_hours),
  };
  return {
    id,
    customer_id,
    user_id,
    mission_id,
    task_id: task?.id ?? null,
    task: task && { ...taskTexts(task), as_of: changes.mission.version + 1 },
    conversation_id: changes.actor.conversation_id,
    prompt: input.prompt,
    options: optionsFor(input),
    allow_freeform: input.proposes ? false : (input.allow_freeform ?? true),
    context: input.proposes ? { ...input.context, proposes: input.proposes } : (input.context ?? null),
    urgency: input.urgency ?? 'normal',
    ...times,
    default_option: input.default_option ?? null,
    agent_id: changes.actor.agent_id,
    ...(input.action && { action: input.action }),
    ...(input.irreversible && { irreversible: true }),
    ...(input.edits && { edits: input.edits }),
    ...peopleOf(input, times),
  };
}

/** Of a question that others see as well. */
function peopleOf(
  { assignees = [], quorum = 1, escalate_to = null }: NewInputRequest,
  { created_at, expires_at, remind_at }: Pick<AskedInputRequest, 'created_at' | 'expires_at' | 'remind_at'>,
): Partial<AskedInputRequest> {
  return {
    ...(assignees.length > 0 && { assignees }),
    ...(quorum > 1 && { quorum }),
    ...(escalate_to !== null && { escalate_to, escalate_at: escalationOf(created_at, expires_at, remind_at) }),
  };
}

/** A question about an action can always be answered with yes or no. */
function optionsFor({ proposes, options = [], action }: NewInputRequest): AskedInputRequest['options'] {
  if (proposes) return optionsOf(proposes);
  return action && options.length === 0 ? [...approvalOptions] : options;
}

/** Those whose inbox has the question as well. */
function othersOf({
  assignees = [],
  escalate_to = null,
  escalate_at = null,
}: AskedInputRequest): Pick<AskedBlocker, 'others'> {
  const others = [
    ...assignees.map((user_id) => ({ user_id, from: null })),
    ...(escalate_to === null ? [] : [{ user_id: escalate_to, from: escalate_at }]),
  ];
  return others.length > 0 ? { others } : {};
}

export const MAX_PENDING_OF_MISSION = 200;

/** A person answers one question at a time. The bound for all of a user's missions is in `commands/limit-questions.ts`. */
function refuseTooMany(mission: Mission): void {
  if (openBlockers(mission).filter(({ kind }) => kind === 'human_input').length < MAX_PENDING_OF_MISSION) return;
  throw new Refused(
    'RATE_LIMITED',
    `The user has ${MAX_PENDING_OF_MISSION} questions of this mission to answer, which is the most. Ask ` +
      'again when some are answered, or ask for several things in one question.',
    { retry_after: 3600, limit: MAX_PENDING_OF_MISSION },
  );
}

/**
 * Refuses an input request that breaks specification section 3.5: there must be a way to respond, option ids must be
 * unique, and a default option must exist beside others and may apply after an hour at the earliest.
 */
function refuseInvalid(input: NewInputRequest, owner: string): void {
  const options = optionsFor(input);
  const hours = input.expires_in_hours ?? DEFAULT_EXPIRY_HOURS;
  const errors: FieldError[] = [
    ...proposalFaults(input),
    ...actionFaults({ ...input, options }),
    ...peopleFaults({ ...input, options }, owner),
  ];
  if (options.length === 0 && input.allow_freeform === false)
    errors.push({ path: '/options', message: 'give an option, or allow free text: nobody could respond' });
  options.forEach((option, index) => {
    if (options.findIndex((other) => other.id === option.id) !== index)
      errors.push({ path: `/options/${index}/id`, message: `"${option.id}" names two options; give each its own id` });
  });
  if (input.default_option != null) {
    const taken = options.find((option) => option.id === input.default_option);
    if (taken === undefined) errors.push({ path: '/default_option', message: "must be an option's id" });
    else if (options.every((option) => isAlike(option.id, taken.id) || isAlike(option.label, taken.label)))
      errors.push({
        path: '/options',
        message: 'give the user another option, or no default_option: a default may not be the only choice',
      });
    if (hours < MIN_DEFAULT_HOURS)
      errors.push({
        path: '/expires_in_hours',
        message: 'must be at least 1 with a default_option: the default may not apply sooner',
      });
  }
  if (input.remind_in_hours !== undefined && input.remind_in_hours >= hours)
    errors.push({ path: '/remind_in_hours', message: 'must be before the input request expires' });
  const [first] = errors;
  if (first) throw new Refused('VALIDATION_FAILED', `${first.path}: ${first.message}`, { errors });
}

/** Options that differ in case, space or form only are one option to whoever reads them. */
const isAlike = (one: string, other: string): boolean => folded(one) === folded(other);
const folded = (text: string): string => text.normalize('NFKC').replaceAll(/\s+/g, ' ').trim().toLowerCase();
