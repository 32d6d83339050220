import type { EventType } from './vocabulary.ts';

/**
 * The table of specification section 7: for every kind of change of a mission, one history type and one subject (the
 * most specific one). Only the mission service publishes these subjects. `logged` takes its history type from the entry
 * that the caller logged.
 */
export const missionChanges = {
  created: { history: 'created', subject: 'mission.created' },
  updated: { history: 'note', subject: 'mission.updated' },
  status_changed: { history: 'status_changed', subject: 'mission.status_changed' },
  task_added: { history: 'task_added', subject: 'mission.task_added' },
  task_updated: { history: 'task_updated', subject: 'mission.task_updated' },
  task_completed: { history: 'task_completed', subject: 'mission.task_completed' },
  logged: { history: null, subject: 'mission.event_logged' },
  blocked: { history: 'blocked', subject: 'mission.blocked' },
  unblocked: { history: 'unblocked', subject: 'mission.unblocked' },
  input_requested: { history: 'input_requested', subject: 'mission.input_requested' },
  input_responded: { history: 'input_responded', subject: 'mission.unblocked' },
  input_expired: { history: 'input_expired', subject: 'mission.unblocked' },
  /** An e-mail that the mission waits for, and one that it does not wait for. */
  email_awaited: { history: 'blocked', subject: 'mission.email_requested' },
  email_requested: { history: 'note', subject: 'mission.email_requested' },
  run_started: { history: 'run_started', subject: 'mission.updated' },
  run_finished: { history: 'run_finished', subject: 'mission.updated' },
  stale: { history: 'stale', subject: 'mission.stale' },
  deleted: { history: 'note', subject: 'mission.deleted' },
  restored: { history: 'restored', subject: 'mission.restored' },
  resumed: { history: 'resumed', subject: 'mission.resumed' },
  replanned: { history: 'replanned', subject: 'mission.replanned' },
  completed: { history: 'completed', subject: 'mission.completed' },
  failed: { history: 'failed', subject: 'mission.failed' },
  cancelled: { history: 'cancelled', subject: 'mission.cancelled' },
} as const satisfies Record<string, { history: EventType | null; subject: `mission.${string}` }>;

export type MissionChangeKind = keyof typeof missionChanges;

/**
 * Not an entry of a history, because the history is erased with its mission. Every service deletes its data of the
 * mission and keeps only the id.
 */
export const missionErased = 'mission.erased';
