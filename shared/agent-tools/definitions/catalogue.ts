import type { ToolSpec } from '../tool.ts';
import { checkReplies, followUp, sendEmail } from './emails.ts';
import { askUser } from './input-requests.ts';
import {
  completeMission,
  createMission,
  getMission,
  listMissions,
  logEvent,
  resumeMission,
  updateMission,
} from './missions.ts';
import { addTask, updateTask } from './tasks.ts';

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
