import { CreateErasedMissions } from './migrations/2026-11-22-erased-missions.ts';
import { CreateInputRequests } from './migrations/2026-11-22-input-requests.ts';
import { IndexOutboxOfMission } from './migrations/2026-11-23-outbox-of-mission.ts';
import { AddTaskAsAsked } from './migrations/2026-11-28-task-as-asked.ts';
import { AddLeaders } from './migrations/2026-11-29-leaders.ts';
import { NameMissionOfResults } from './migrations/2026-11-30-results-of-mission.ts';
import { IndexReminded } from './migrations/2026-11-29-reminded.ts';
import { RememberPublishedSubjects } from './migrations/2026-12-01-published-subjects.ts';
import { ExpectNewIds } from './migrations/2026-12-02-new-ids-only.ts';
import { LeaveRoomForChanges } from './migrations/2026-12-02-room-for-changes.ts';
import { LeaveRoomForMarks } from './migrations/2026-12-02-room-for-marks.ts';
import { AddActions } from './migrations/2026-12-04-actions.ts';
import { AddSeveralPeople } from './migrations/2026-12-08-several-people.ts';
import { AddRules } from './migrations/2026-12-09-rules.ts';
import { AddDelegations } from './migrations/2026-12-10-delegations.ts';
import { AddDue } from './migrations/2026-12-03-due.ts';
import { IndexDecided } from './migrations/2026-12-02-decided.ts';
import { CloseOwners } from './migrations/2026-12-12-closed-owners.ts';

/** In the order in which they run. */
export const approvalMigrations = [
  CreateInputRequests,
  CreateErasedMissions,
  IndexOutboxOfMission,
  AddTaskAsAsked,
  AddLeaders,
  NameMissionOfResults,
  IndexReminded,
  RememberPublishedSubjects,
  ExpectNewIds,
  LeaveRoomForChanges,
  LeaveRoomForMarks,
  IndexDecided,
  AddDue,
  AddActions,
  AddSeveralPeople,
  AddRules,
  AddDelegations,
  CloseOwners,
];
