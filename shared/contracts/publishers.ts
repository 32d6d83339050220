import type { EventSubject } from './events.ts';
import type { ServiceName } from './subjects.ts';

/**
 * The services that may publish each event subject (specification section 7). The NATS server enforces the same list by
 * its permissions, and a test compares the two: consumers trust an event because no other service can have sent it.
 */
const mission = ['mission'] as const;
const approval = ['approval'] as const;
const email = ['email-bridge'] as const;
const notifier = ['notifier'] as const;
const scheduler = ['scheduler'] as const;
/** Nobody: what the stream still holds was published by an earlier version (scheduler/former-timers.ts). */
const formerly = [] as const;

export const publishers = {
  'mission.created': mission,
  'mission.updated': mission,
  'mission.status_changed': mission,
  'mission.task_added': mission,
  'mission.task_updated': mission,
  'mission.task_completed': mission,
  'mission.event_logged': mission,
  'mission.blocked': mission,
  'mission.unblocked': mission,
  'mission.resumed': mission,
  'mission.replanned': mission,
  'mission.input_requested': mission,
  'mission.email_requested': mission,
  'mission.completed': mission,
  'mission.failed': mission,
  'mission.cancelled': mission,
  'mission.stale': mission,
  'mission.deleted': mission,
  'mission.restored': mission,
  'mission.erased': mission,
  'approval.requested': approval,
  'approval.approved': approval,
  'approval.responded': approval,
  'approval.expired': approval,
  'approval.cancelled': approval,
  'approval.reminder_due': approval,
  'approval.delegated': approval,
  'email.sent': email,
  'email.replied': email,
  'email.noted': email,
  'email.all_replied': email,
  'email.bounced': email,
  'email.expired': email,
  'email.withdrawn': email,
  'notifier.unreachable': notifier,
  'scheduler.timer_set': formerly,
  'scheduler.timer_cancelled': formerly,
  // A timer belongs to the service on whose subject it was set. The scheduler writes its own timers directly, and alone
  // publishes that a timer is due.
  'scheduler.timer_set_mission': mission,
  'scheduler.timer_set_approval': approval,
  'scheduler.timer_set_email': email,
  'scheduler.timer_cancelled_mission': mission,
  'scheduler.timer_cancelled_approval': approval,
  'scheduler.timer_cancelled_email': email,
  'scheduler.run_requested': scheduler,
  'scheduler.run_claimed': scheduler,
  'scheduler.run_finished': scheduler,
  'scheduler.budget_changed': scheduler,
  'timer.mission': scheduler,
  'timer.approval': scheduler,
  'timer.email': scheduler,
  'timer.scheduler': scheduler,
} as const satisfies Record<EventSubject, readonly ServiceName[]> & Record<string, readonly ServiceName[]>;
