import { CreateMissions } from './migrations/2026-11-22-missions.ts';
import { MarkMailed } from './migrations/2026-11-23-mailed.ts';
import { IndexMissionOfRun } from './migrations/2026-11-24-mission-of-run.ts';
import { IndexOutboxOfMission } from './migrations/2026-11-23-outbox-of-mission.ts';
import { AddUserOfSignal } from './migrations/2026-11-28-user-of-signal.ts';
import { AddLeaders } from './migrations/2026-11-29-leaders.ts';
import { CountMail } from './migrations/2026-11-29-mail-limits.ts';
import { NameMissionOfResults } from './migrations/2026-11-30-results-of-mission.ts';
import { EndWaitsForEndedMissions } from './migrations/2026-11-30-ended-missions.ts';
import { OrderArrivals } from './migrations/2026-11-30-arrival.ts';
import { AddProposes } from './migrations/2026-11-29-proposes.ts';
import { AddTimesAndLists } from './migrations/2026-12-01-times-and-lists.ts';
import { AddClaims } from './migrations/2026-12-02-claims.ts';
import { IndexOrdersOfLists } from './migrations/2026-11-30-orders-of-lists.ts';
import { IndexDeletedOfUser } from './migrations/2026-12-01-deleted-of-user.ts';
import { RememberPublishedSubjects } from './migrations/2026-12-01-published-subjects.ts';
import { ExpectNewIds } from './migrations/2026-12-02-new-ids-only.ts';
import { LeaveRoomForChanges } from './migrations/2026-12-02-room-for-changes.ts';
import { LeaveRoomForMarks } from './migrations/2026-12-02-room-for-marks.ts';
import { IndexPhaseOfUpdates } from './migrations/2026-12-03-phase-of-updates.ts';
import { ShowItemsLate } from './migrations/2026-12-08-items-of-others.ts';
import { AddMarksOfDelegates } from './migrations/2026-12-10-marks-of-delegates.ts';
import { AddInbox } from './migrations/2026-12-03-inbox.ts';
import { NoteSpentBudget } from './migrations/2026-12-18-spent-budget.ts';
import { CloseOwners } from './migrations/2026-12-12-closed-owners.ts';
import { CloseMarks } from './migrations/2026-12-22-closed-marks.ts';
import { AddQuotas } from './migrations/2026-12-19-quotas.ts';

/** In the order in which they run. A migration that has run is never edited. */
export const missionMigrations = [
  CreateMissions,
  IndexOutboxOfMission,
  MarkMailed,
  IndexMissionOfRun,
  AddUserOfSignal,
  AddLeaders,
  CountMail,
  NameMissionOfResults,
  AddProposes,
  IndexOrdersOfLists,
  OrderArrivals,
  EndWaitsForEndedMissions,
  RememberPublishedSubjects,
  AddTimesAndLists,
  AddClaims,
  IndexDeletedOfUser,
  ExpectNewIds,
  LeaveRoomForChanges,
  LeaveRoomForMarks,
  IndexPhaseOfUpdates,
  AddInbox,
  ShowItemsLate,
  AddMarksOfDelegates,
  CloseOwners,
  NoteSpentBudget,
  AddQuotas,
  CloseMarks,
];
