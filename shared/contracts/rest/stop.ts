import { Type } from 'typebox';
import { closed } from '../fields.ts';
import { Stop } from '../scheduler/stop.ts';
import { operation } from './operation.ts';

/** My own kill switch (specification section 3.7). */
const stop = '/api/v1/stop';
const tag = 'for users';
const Nothing = Type.Object({}, closed);

export const getMyStop = operation({
  id: 'getMyStop',
  method: 'get',
  path: stop,
  tag,
  summary: 'Whether I have stopped all work of agents for me, and since when',
  query: Nothing,
  response: Stop,
  status: 200,
  refusals: [],
});

export const stopMyAgents = operation({
  id: 'stopMyAgents',
  method: 'put',
  path: stop,
  tag,
  summary: 'Stop all work of agents for me at once, until I let them go on',
  description:
    'No run of my missions is given out. A run that an agent has is ended: its heartbeats, its finish and its writes are ' +
    'refused with `LEASE_LOST` and the reason `stopped`, and my missions send no mail. Repeating it changes nothing.',
  deed: 'work.stopped',
  fenced: true,
  body: Nothing,
  response: Stop,
  status: 200,
  refusals: [],
});

export const letMyAgentsGoOn = operation({
  id: 'letMyAgentsGoOn',
  method: 'delete',
  path: stop,
  tag,
  summary: 'Let agents work for me again; what is due is given out at once',
  deed: 'work.resumed',
  fenced: true,
  response: Type.Null(),
  status: 204,
  refusals: [],
});

export const stopOperations = [getMyStop, stopMyAgents, letMyAgentsGoOn] as const;
