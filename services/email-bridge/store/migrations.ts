import { CreateEmails } from './migrations/2026-11-22-emails.ts';
import { CountTriesOfMail } from './migrations/2026-11-28-unread-mail.ts';
import { AddLeaders } from './migrations/2026-11-29-leaders.ts';
import { ListFilesToErase } from './migrations/2026-11-30-files-to-erase.ts';
import { AddressRecipients } from './migrations/2026-11-30-recipient-addresses.ts';
import { NameMissionOfResults } from './migrations/2026-11-30-results-of-mission.ts';
import { RememberPublishedSubjects } from './migrations/2026-12-01-published-subjects.ts';
import { NoteReading } from './migrations/2026-12-01-reading-of-replies.ts';
import { ExpectNewIds } from './migrations/2026-12-02-new-ids-only.ts';
import { LeaveRoomForMarks } from './migrations/2026-12-02-room-for-marks.ts';
import { RememberFirstRead } from './migrations/2026-12-03-first-read.ts';
import { AddNotices } from './migrations/2026-12-04-notices.ts';
import { NoteLeavingNotices } from './migrations/2026-12-05-leaving-notices.ts';
import { IndexRecipients } from './migrations/2026-12-06-known-recipients.ts';
import { NoteQuietHours } from './migrations/2026-12-07-quiet-hours.ts';
import { RememberTraces } from './migrations/2026-12-17-trace-of-mail.ts';
import { CloseOwners } from './migrations/2026-12-12-closed-owners.ts';

/** In the order in which they run. */
export const emailMigrations = [
  CreateEmails,
  CountTriesOfMail,
  AddLeaders,
  NameMissionOfResults,
  ListFilesToErase,
  AddressRecipients,
  RememberPublishedSubjects,
  NoteReading,
  ExpectNewIds,
  LeaveRoomForMarks,
  RememberFirstRead,
  AddNotices,
  NoteLeavingNotices,
  IndexRecipients,
  NoteQuietHours,
  RememberTraces,
  CloseOwners,
];
