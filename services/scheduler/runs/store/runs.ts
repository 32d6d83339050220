import type { EventEnvelope } from '@missions/contracts/event.ts';
import type { runSubjects } from '@missions/contracts/scheduler/run-events.ts';
import type { Run } from '@missions/contracts/scheduler/runs.ts';
import { newId } from '@missions/runtime/id.ts';

const members = [
  'id',
  'mission_id',
  'customer_id',
  'user_id',
  'agent_id',
  'reason',
  'status',
  'attempt',
  'fence',
  'error',
];
const times = ['lease_expires_at', 'requested_at', 'claimed_at', 'finished_at'];

/** SQL of a run as it is shown and told. */
export const runJson = (row: string): string =>
  `json_build_object(${[...members.map((name) => `'${name}', ${row}.${name}`), ...times.map((name) => `'${name}', iso(${row}.${name})`)].join(', ')})`;

/** `version`: of the mission, as far as it is known here. */
export const runEvent = (
  type: (typeof runSubjects)[keyof typeof runSubjects],
  run: Run,
  version: number,
  time: string,
): EventEnvelope => ({
  id: newId(),
  type,
  source: '/services/scheduler',
  time,
  customer_id: run.customer_id,
  user_id: run.user_id,
  mission_id: run.mission_id,
  version,
  index: 0,
  data: { ...run },
});
