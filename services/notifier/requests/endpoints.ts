import type { Endpoint } from '@missions/messaging/endpoint.ts';
import type { Context } from '../commands/context.ts';
import { actionEndpoints } from './action-links.ts';
import { deviceEndpoints } from './devices.ts';
import { operateEndpoints } from './operate.ts';
import { preferenceEndpoints } from './preferences.ts';
import { profileEndpoints } from './profile.ts';
import { questionEndpoints } from './questions.ts';
import { waitingEndpoints } from './waiting.ts';
import { webhookEndpoints } from './webhooks.ts';

export const notifierEndpoints = (context: Context): Endpoint[] => [
  ...profileEndpoints(context),
  ...preferenceEndpoints(context),
  ...questionEndpoints(context),
  ...waitingEndpoints(context),
  ...actionEndpoints(context),
  ...deviceEndpoints(context),
  ...webhookEndpoints(context),
  ...operateEndpoints(context),
];
