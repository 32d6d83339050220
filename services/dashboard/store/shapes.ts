import type { UserClient, UserResponseTo } from '@missions/client/user-client.ts';

/** What the API answers with, by the names of the contracts. */
export type MissionDetail = UserResponseTo<'getMyMission'>;
export type ListedMission = UserResponseTo<'listMyMissions'>['missions'][number];
export type Mission = Omit<
  MissionDetail,
  'tasks' | 'recent_events' | 'blockers' | 'input_requests' | 'missing' | 'omitted'
>;
export type Task = MissionDetail['tasks'][number];
export type OpenBlocker = MissionDetail['blockers'][number];
export type MissionEvent = UserResponseTo<'listMyMissionEvents'>['events'][number];
export type InputRequest = UserResponseTo<'getMyInputRequest'>;
export type EmailOfMission = UserResponseTo<'listMyMissionEmails'>['emails'][number];
export type Run = UserResponseTo<'listMyMissionRuns'>['runs'][number];
export type MissionsQuery = NonNullable<Parameters<UserClient['listMyMissions']>[0]>;
export type Priority = Mission['priority'];
