import { approvalApproved, approvalOutcomes } from './approval/events.ts';
import { emailOutcomes } from './email/events.ts';
import { missionChanges, missionErased } from './mission/changes.ts';
import { unreachable } from './notifier/events.ts';
import { budgetChanged, everyMissionSubject, runSubjects } from './scheduler/run-events.ts';
import { formerTimerCancelledSubject, formerTimerSetSubject } from './scheduler/former-timers.ts';
import { publishingTimerOwners, timerCancelledSubject, timerSetSubject, timerSubject } from './scheduler/timers.ts';
import type { ServiceName, StreamName } from './subjects.ts';

const {
  input_requested: inputRequested,
  email_requested: emailRequested,
  task_updated: taskUpdated,
  unblocked,
} = missionChanges;
/** After these a mission sends no mail any more. */
export const missionEnds = [
  missionChanges.completed.subject,
  missionChanges.failed.subject,
  missionChanges.cancelled.subject,
  missionChanges.deleted.subject,
] as const;

/**
 * The events that each service consumes: by stream, the subjects of its durable consumer, which has the service's name.
 * A service subscribes to what stands here, and `missions provision` makes the consumers from it, because a service's
 * own login may make none (decision 0017). The permissions in deploy/nats/server.conf name the same streams.
 */
export const consumers = {
  mission: {
    APPROVAL: [approvalApproved, ...Object.values(approvalOutcomes)],
    EMAIL: Object.values(emailOutcomes),
    NOTIFIER: [unreachable],
    SCHEDULER: [timerSubject('mission'), budgetChanged],
  },
  approval: {
    MISSION: [inputRequested.subject, unblocked.subject, taskUpdated.subject, missionErased],
    SCHEDULER: [timerSubject('approval')],
  },
  'email-bridge': {
    MISSION: [emailRequested.subject, unblocked.subject, ...missionEnds, missionErased],
    SCHEDULER: [timerSubject('email')],
  },
  // Its webhooks are sent every event but timers; what it publishes itself it knows.
  notifier: {
    MISSION: [everyMissionSubject],
    APPROVAL: ['approval.*'],
    EMAIL: ['email.*'],
    SCHEDULER: Object.values(runSubjects),
  },
  scheduler: {
    SCHEDULER: [
      formerTimerSetSubject,
      formerTimerCancelledSubject,
      ...publishingTimerOwners.map(timerSetSubject),
      ...publishingTimerOwners.map(timerCancelledSubject),
    ],
    MISSION: [everyMissionSubject],
  },
} as const satisfies Record<ServiceName, Partial<Record<StreamName, readonly string[]>>>;
