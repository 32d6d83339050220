import { Type } from 'typebox';
import { closed, Identifier } from '../fields.ts';
import {
  Claimed,
  ClaimBody,
  FinishBody,
  Heartbeat,
  HeartbeatBody,
  Run,
  RunPage,
  RunsFilter,
} from '../scheduler/runs.ts';
import { operation } from './operation.ts';

/** Autonomous work under a lease (specification section 3.7). */
const runs = '/api/internal/runs';
const tag = 'runs';
const scope = 'runs';

export const claimRun = operation({
  id: 'claimRun',
  method: 'post',
  path: `${runs}/claim`,
  tag,
  scope,
  summary: 'Claim a run: work on a mission exclusively under a lease; 204 when no run is queued',
  body: ClaimBody,
  response: Claimed,
  status: 200,
  noContent: 'no run was queued',
  refusals: [],
  repeatable: true,
  fenced: true,
});

export const heartbeatRun = operation({
  id: 'heartbeatRun',
  method: 'post',
  path: `${runs}/{run_id}/heartbeat`,
  tag,
  scope,
  summary: 'Extend the lease, and hear what has happened meanwhile',
  body: HeartbeatBody,
  response: Heartbeat,
  status: 200,
  refusals: ['NOT_FOUND', 'LEASE_LOST', 'BUDGET_SPENT'],
  repeatable: true,
  fenced: true,
});

export const finishRun = operation({
  id: 'finishRun',
  method: 'post',
  path: `${runs}/{run_id}/finish`,
  tag,
  scope,
  summary: 'Finish the run as succeeded or failed',
  body: FinishBody,
  response: Run,
  status: 200,
  refusals: ['NOT_FOUND', 'LEASE_LOST', 'BUDGET_SPENT'],
  fenced: true,
});

export const listMissionRuns = operation({
  id: 'listMissionRuns',
  method: 'get',
  path: '/api/internal/missions/{mission_id}/runs',
  tag,
  scope,
  summary: "A mission's runs, newest first",
  query: Type.Object(
    {
      user_id: Type.Optional(Identifier),
      ...RunsFilter,
    },
    closed,
  ),
  response: RunPage,
  status: 200,
  refusals: ['MISSION_NOT_FOUND'],
});

export const runOperations = [claimRun, heartbeatRun, finishRun, listMissionRuns] as const;
