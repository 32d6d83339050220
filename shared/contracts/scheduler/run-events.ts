import { Type } from 'typebox';
import { Run } from './runs.ts';

/** Subjects of the events of autonomous runs. Their data is the `Run` after the change. */
export const runSubjects = {
  requested: 'scheduler.run_requested',
  claimed: 'scheduler.run_claimed',
  finished: 'scheduler.run_finished',
} as const;

const runEvent = (description: string) => Type.Object(Run.properties, { description });

export const runEvents = {
  [runSubjects.requested]: runEvent('a run of a mission was queued and can be claimed'),
  [runSubjects.claimed]: runEvent('an agent claimed the run under a lease'),
  [runSubjects.finished]: runEvent('the run ended: it succeeded, failed, or its lease expired'),
} as const;

/** Subject filter of the scheduler's projection: every event of the mission service. */
export const everyMissionSubject = 'mission.*';
