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

/** Every tool (specification section 6). */
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

/**
 * Former names of tools. Calls by them are accepted, but they are not offered: a second name costs tokens and makes a
 * model choose.
 */
export const aliases: Readonly<Record<string, string>> = {
  mission_create_task: 'mission_add_task',
  mission_get_status: 'mission_get',
};
