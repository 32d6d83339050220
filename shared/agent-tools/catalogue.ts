import { checkReplies } from './emails/check-replies.ts';
import { followUp } from './emails/follow-up.ts';
import { sendEmail } from './emails/send.ts';
import { completeMission } from './missions/complete.ts';
import { createMission } from './missions/create.ts';
import { getMission } from './missions/get.ts';
import { listMissions } from './missions/list.ts';
import { logEvent } from './missions/log-event.ts';
import { resumeMission } from './missions/resume.ts';
import { updateMission } from './missions/update.ts';
import { askUser } from './input-requests/ask-user.ts';
import { addTask } from './tasks/add.ts';
import { updateTask } from './tasks/update.ts';
import type { ToolSpec } from './tool.ts';

/** Every tool (specification section 6), once. */
export const specs: readonly ToolSpec[] = [
  listMissions,
  getMission,
  createMission,
  updateMission,
  addTask,
  updateTask,
  logEvent,
  resumeMission,
  askUser,
  completeMission,
  sendEmail,
  checkReplies,
  followUp,
];

/** Names of older texts, understood and not offered: two names for one thing cost tokens and make a model choose. */
export const aliases: Readonly<Record<string, string>> = {
  mission_create_task: 'mission_add_task',
  mission_get_status: 'mission_get',
};
