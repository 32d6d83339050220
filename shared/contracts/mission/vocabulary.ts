/**
 * The mission service's closed vocabularies (specification section 3.1–3.4). CHECK constraints in the database repeat
 * them.
 */
export const missionStatuses = ['active', 'paused', 'waiting', 'completed', 'cancelled', 'failed'] as const;
export type MissionStatus = (typeof missionStatuses)[number];

export const phases = ['planning', 'executing', 'waiting', 'completed', 'failed'] as const;
export type Phase = (typeof phases)[number];

export const priorities = ['low', 'normal', 'high', 'urgent'] as const;
export type Priority = (typeof priorities)[number];

export const outcomes = ['success', 'partial', 'failed', 'cancelled'] as const;
export type Outcome = (typeof outcomes)[number];

export const taskStatuses = [
  'pending',
  'ready',
  'in_progress',
  'waiting_human',
  'waiting_external',
  'blocked',
  'completed',
  'failed',
  'skipped',
] as const;
export type TaskStatus = (typeof taskStatuses)[number];

/** Event types that an agent may log. The system writes all others itself, so that the history can be trusted. */
export const loggableEventTypes = ['user_message', 'agent_message', 'external_event', 'note'] as const;
export type LoggableEventType = (typeof loggableEventTypes)[number];

export const eventTypes = [
  'created',
  'task_added',
  'task_completed',
  'status_changed',
  'user_message',
  'agent_message',
  'external_event',
  'resumed',
  'blocked',
  'completed',
  'task_updated',
  'unblocked',
  'replanned',
  'input_requested',
  'input_responded',
  'input_expired',
  'run_started',
  'run_finished',
  'failed',
  'cancelled',
  'stale',
  'restored',
  'note',
] as const;
export type EventType = (typeof eventTypes)[number];

export const blockerKinds = [
  'human_input',
  'email_reply',
  'calendar_response',
  'webhook',
  'mission',
  'manual',
  'time',
] as const;
export type BlockerKind = (typeof blockerKinds)[number];

export const pausers = ['user', 'agent', 'system'] as const;
export type Pauser = (typeof pausers)[number];

export const missionSorts = ['-created_at', '-updated_at', 'due_at', '-priority'] as const;
export type MissionSort = (typeof missionSorts)[number];

/** Why a person should look at a mission; also the kinds of items in the user's inbox. */
export const attentions = [
  'question',
  'task_failed',
  'paused_by_system',
  'unanswered',
  'bounced',
  'stale',
  'budget',
] as const;
export type Attention = (typeof attentions)[number];

/** The event in a user's stream which says that items of the inbox were seen or snoozed. It has no id, and no data. */
export const INBOX_HINT = 'inbox';
