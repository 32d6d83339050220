import type { Endpoint } from '@missions/messaging/endpoint.ts';
import type { Context } from '../commands/execute-command.ts';
import { historyEndpoints } from './history.ts';
import { missionEndpoints } from './missions.ts';
import { runEndpoints } from './runs.ts';
import { taskEndpoints } from './tasks.ts';
import { waitEndpoints } from './waits.ts';

/** The requests that the mission service answers on `svc.mission.*`, by resource. */
export const endpoints = (context: Context): Endpoint[] => [
  ...missionEndpoints(context),
  ...taskEndpoints(context),
  ...historyEndpoints(context),
  ...waitEndpoints(context),
  ...runEndpoints(context),
];
