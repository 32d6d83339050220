import { CreateTimers } from './migrations/2026-11-22-timers.ts';
import { CreateRuns } from './migrations/2026-11-23-runs.ts';
import { IndexOutboxOfMission } from './migrations/2026-11-23-outbox-of-mission.ts';
import { ReachOfSwitches } from './migrations/2026-11-29-reach-of-switches.ts';
import { AddLeaders } from './migrations/2026-11-29-leaders.ts';
import { PushEndpoint } from './migrations/2026-12-01-push-endpoint.ts';
import { RunOrders } from './migrations/2026-12-01-run-orders.ts';
import { Turns } from './migrations/2026-12-01-turns.ts';
import { Waking } from './migrations/2026-12-01-waking.ts';
import { NameMissionOfResults } from './migrations/2026-11-30-results-of-mission.ts';
import { MarkPushed } from './migrations/2026-12-02-pushed.ts';
import { RememberPublishedSubjects } from './migrations/2026-12-01-published-subjects.ts';
import { LeaveRoomForMarks } from './migrations/2026-12-02-room-for-marks.ts';
import { OwnStop } from './migrations/2026-12-04-own-stop.ts';
import { Budgets } from './migrations/2026-12-05-budgets.ts';
import { Hours } from './migrations/2026-12-11-hours.ts';
import { UsageOfRuns } from './migrations/2026-12-11-usage-of-runs.ts';
import { WhoSwitched } from './migrations/2026-12-03-who-switched.ts';
import { SpentBudgets } from './migrations/2026-12-18-spent-budgets.ts';
import { CloseOwners } from './migrations/2026-12-12-closed-owners.ts';

/** In the order in which they run. */
export const schedulerMigrations = [
  CreateTimers,
  CreateRuns,
  IndexOutboxOfMission,
  ReachOfSwitches,
  AddLeaders,
  NameMissionOfResults,
  RememberPublishedSubjects,
  Waking,
  Turns,
  PushEndpoint,
  RunOrders,
  MarkPushed,
  LeaveRoomForMarks,
  WhoSwitched,
  OwnStop,
  Budgets,
  Hours,
  UsageOfRuns,
  CloseOwners,
  SpentBudgets,
];
