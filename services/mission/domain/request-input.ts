import {
  type AskedInputRequest,
  DEFAULT_EXPIRY_HOURS,
  MIN_DEFAULT_HOURS,
  type NewInputRequest,
} from '@missions/contracts/approval/input-request.ts';
import type { FieldError } from '@missions/contracts/errors.ts';
import { truncate } from '@missions/contracts/truncate.ts';
import { inputRequestKey } from '@missions/contracts/waits.ts';
import { Refused } from './decision.ts';
import type { ChangeBuilder } from './mission-changes.ts';
import { requireStep } from './mission-steps.ts';
import { startWaits } from './task-readiness.ts';
import type { Blocker } from './state.ts';
import { holdBy, HOUR, requireAbleToWait } from './waiting.ts';

/**
 * Asking the user is one decision of the mission (specification section 8): it waits from here on, and the event carries the whole question to the
 * approval service, which owns it. The deadline is that service's too; the blocker only shows it.
 */
export function requestInput(changes: ChangeBuilder, requestId: string, question: NewInputRequest): void {
  requireStep(changes.mission, 'block', 'waiting');
  refuseUnanswerable(question);
  const asked = complete(changes, requestId, question);
  requireAbleToWait(changes, asked.task_id, 'waiting_human', 'Leave task_id out to ask about the whole mission.');
  const blocker: Blocker = {
    id: changes.newId(),
    task_id: asked.task_id,
    key: inputRequestKey(requestId),
    kind: 'human_input',
    reason: truncate(asked.prompt, 500),
    until: 'all',
    on_signal: 'resume',
    on_timeout: question.on_timeout ?? 'fail',
    opened_at: changes.at,
    timeout_at: asked.expires_at,
    accept_after: null,
    resolved_at: null,
    resolution: null,
  };
  holdBy(changes, blocker);
  changes.set({ unanswered_at: null });
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
  // The question may be the first step of the work: tasks that only wait stood ready for it since a replan.
  startWaits(changes);
}

/** Every default filled in and every time absolute: the approval service's upsert of it needs to know nothing else. */
function complete(changes: ChangeBuilder, id: string, question: NewInputRequest): AskedInputRequest {
  const { customer_id, user_id, id: mission_id } = changes.mission;
  const inHours = (hours: number): string => new Date(new Date(changes.at).getTime() + hours * HOUR).toISOString();
  return {
    id,
    customer_id,
    user_id,
    mission_id,
    task_id: question.task_id?.toLowerCase() ?? null,
    conversation_id: changes.actor.conversation_id,
    prompt: question.prompt,
    options: question.options ?? [],
    allow_freeform: question.allow_freeform ?? true,
    context: question.context ?? null,
    urgency: question.urgency ?? 'normal',
    expires_at: inHours(question.expires_in_hours ?? DEFAULT_EXPIRY_HOURS),
    default_option: question.default_option ?? null,
    remind_at: question.remind_in_hours === undefined ? null : inHours(question.remind_in_hours),
    created_at: changes.at,
  };
}

/** specification section 3.5: at least one way to answer, option ids unique, a default that exists and stands for at least an hour. */
function refuseUnanswerable(question: NewInputRequest): void {
  const options = question.options ?? [];
  const hours = question.expires_in_hours ?? DEFAULT_EXPIRY_HOURS;
  const errors: FieldError[] = [];
  if (options.length === 0 && question.allow_freeform === false)
    errors.push({ path: '/options', message: 'give an option, or allow free text: nobody could answer' });
  options.forEach((option, index) => {
    if (options.findIndex((other) => other.id === option.id) !== index)
      errors.push({ path: `/options/${index}/id`, message: `"${option.id}" names two options; give each its own id` });
  });
  if (question.default_option != null) {
    if (!options.some((option) => option.id === question.default_option))
      errors.push({ path: '/default_option', message: "must be an option's id" });
    if (hours < MIN_DEFAULT_HOURS)
      errors.push({
        path: '/expires_in_hours',
        message: 'must be at least 1 with a default_option: silence may not decide sooner',
      });
  }
  if (question.remind_in_hours !== undefined && question.remind_in_hours >= hours)
    errors.push({ path: '/remind_in_hours', message: 'must be before the question expires' });
  const [first] = errors;
  if (first) throw new Refused('VALIDATION_FAILED', `${first.path}: ${first.message}`, { errors });
}
