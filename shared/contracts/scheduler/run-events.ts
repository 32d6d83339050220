import { Type } from 'typebox';
import { Run } from './runs.ts';

/** The subjects that tell what becomes of autonomous runs. Their data is the `Run` as it stands after the change. */
export const runSubjects = {
  requested: 'scheduler.run_requested',
  claimed: 'scheduler.run_claimed',
  finished: 'scheduler.run_finished',
} as const;

const told = (description: string) => Type.Object(Run.properties, { description });

export const runEvents = {
  [runSubjects.requested]: told('there is autonomous work to do on a mission: a run waits to be claimed'),
  [runSubjects.claimed]: told('an agent has claimed the run, under a lease'),
  [runSubjects.finished]: told('the run ended: well, badly, or with its lease'),
} as const;

/** How the events of the scheduler's projection are selected: all of the mission service's. */
export const everyMissionSubject = 'mission.*';
