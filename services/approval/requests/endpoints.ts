import type { Endpoint } from '@missions/messaging/endpoint.ts';
import type { Context } from '../commands/execute-command.ts';
import { ensureEndpoint } from './ensure.ts';
import { getEndpoint } from './get.ts';
import { listEndpoint } from './list.ts';
import { respondEndpoint } from './respond.ts';

/** Everything the approval service answers. */
export const approvalEndpoints = (context: Context): Endpoint[] => [
  ensureEndpoint(context),
  getEndpoint(context),
  listEndpoint(context),
  respondEndpoint(context),
];
