import { randomUUID } from 'node:crypto';
import { missionOperations } from '@missions/contracts/rest/missions.ts';
import { fillPath, type Operation } from '@missions/contracts/rest/operation.ts';
import type { Answer, Api, CallOptions } from '@missions/testing/api.ts';

export const operations = missionOperations as unknown as readonly Operation[];
export const withBody = operations.filter((one) => one.body !== undefined);
/** Those that address one mission by its id. */
export const ofOneMission = operations.filter((one) => one.path.includes('{mission_id}'));

export interface Call extends CallOptions {
  params?: Record<string, string>;
  query?: Record<string, string>;
}

/** Each operation on a mission with two tasks: a call that is in order. Whoever adds an operation adds its example. */
const examples: Record<string, (mission: { id: string; tasks: { id: string }[] }) => Call> = {
  createMission: () => ({ body: { user_id: 'ada', title: 'Another' } }),
  listMissions: () => ({ query: { user_id: 'ada' } }),
  getMission: ({ id }) => ({ params: { mission_id: id } }),
  updateMission: ({ id }) => ({ params: { mission_id: id }, body: { priority: 'high' } }),
  addMissionTask: ({ id }) => ({ params: { mission_id: id }, body: { title: 'One more' } }),
  updateMissionTask: ({ id, tasks }) => ({ params: { mission_id: id, task_id: tasks[0]?.id ?? '' }, body: { status: 'completed' } }),
  logMissionEvent: ({ id }) => ({ params: { mission_id: id }, body: { event_type: 'note', content: 'noted' } }),
  listMissionEvents: ({ id }) => ({ params: { mission_id: id } }),
  resumeMission: ({ id }) => ({ params: { mission_id: id }, body: { conversation_id: 'conv-B' } }),
  sendSignal: () => ({ body: { kind: 'webhook', reference: randomUUID() } }),
};

export function example(operation: Operation, mission: Parameters<(typeof examples)[string]>[0]): Call {
  const make = examples[operation.id];
  if (!make) throw new Error(`${operation.id} has no example`);
  return make(mission);
}

/** A mission for the examples, whose second task waits for the first. */
export const exampleMission = (api: Api): Promise<{ id: string; version: number; tasks: { id: string }[] }> =>
  api.mission({ tasks: [{ title: 'First', ref: 'first' }, { title: 'Second', depends_on: ['first'] }] }) as Promise<{ id: string; version: number; tasks: { id: string }[] }>;

export function call(api: Api, operation: Operation, { params = {}, query = {}, ...options }: Call): Promise<Answer> {
  const search = new URLSearchParams(query).toString();
  return api.send(operation.method.toUpperCase(), `${fillPath(operation.path, params)}${search && `?${search}`}`, options);
}
