/** The subjects that tell what becomes of autonomous runs. Their data is the `Run` as it stands after the change. */
export const runSubjects = {
  requested: 'scheduler.run_requested',
  claimed: 'scheduler.run_claimed',
  finished: 'scheduler.run_finished',
} as const;

/** How the events of the scheduler's projection are selected: all of the mission service's. */
export const everyMissionSubject = 'mission.*';
