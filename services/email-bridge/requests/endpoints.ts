import type { Endpoint } from '@missions/messaging/endpoint.ts';
import { checkRepliesEndpoint } from './check-replies.ts';
import type { Context } from '../commands/context.ts';
import { ensureEndpoint } from './ensure.ts';
import { followUpEndpoint } from './follow-up.ts';
import { getEndpoint } from './get.ts';
import { ingestEndpoint } from './ingest.ts';
import { ofMissionEndpoint } from './of-mission.ts';
import { sendEndpoint } from './send.ts';

/** Everything the bridge answers. */
export const emailEndpoints = (context: Context): Endpoint[] => [
  ensureEndpoint(context),
  sendEndpoint(context),
  getEndpoint(context),
  checkRepliesEndpoint(context),
  followUpEndpoint(context),
  ofMissionEndpoint(context),
  ingestEndpoint(context),
];
