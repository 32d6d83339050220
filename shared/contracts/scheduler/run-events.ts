import { Type } from 'typebox';
import { Identifier, Nullable, Time, Uuid } from '../fields.ts';
import { Run } from './runs.ts';

/** Subjects of the events of autonomous runs. Their data is the `Run` after the change. */
export const runSubjects = {
  requested: 'scheduler.run_requested',
  claimed: 'scheduler.run_claimed',
  finished: 'scheduler.run_finished',
} as const;

/** The budget of a mission's queued run was spent, or lets it go. Told to the mission service, which shows it. */
export const budgetChanged = 'scheduler.budget_changed';

const BudgetChanged = Type.Object(
  {
    mission_id: Uuid,
    customer_id: Identifier,
    user_id: Identifier,
    revision: Type.Integer({ minimum: 1, description: 'grows with each of these events of the mission' }),
    until: Nullable(Time),
  },
  { description: 'a budget lets no run of the mission go until then; `until` is null when it does again' },
);

const runEvent = (description: string) => Type.Object(Run.properties, { description });

export const runEvents = {
  [runSubjects.requested]: runEvent('a run of a mission was queued and can be claimed'),
  [runSubjects.claimed]: runEvent('an agent claimed the run under a lease'),
  [runSubjects.finished]: runEvent('the run ended: it succeeded, failed, or its lease expired'),
  [budgetChanged]: BudgetChanged,
} as const;

/** Subject filter of the scheduler's projection: every event of the mission service. */
export const everyMissionSubject = 'mission.*';
