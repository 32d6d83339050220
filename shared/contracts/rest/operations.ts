import { approvalRuleOperations } from './approval-rules.ts';
import { delegationOperations } from './delegations.ts';
import { emailOperations } from './emails.ts';
import { inboxOperations } from './inbox.ts';
import { inputRequestOperations } from './input-requests.ts';
import { limitOperations } from './limits.ts';
import { missionOperations } from './missions.ts';
import { notificationOperations } from './notifications.ts';
import { operateOperations } from './operate.ts';
import type { Operation } from './operation.ts';
import { runOperations } from './runs.ts';
import { sessionOperations } from './sessions.ts';
import { stopOperations } from './stop.ts';
import { userOperations } from './users.ts';
import { webhookOperations } from './webhooks.ts';

/**
 * Every operation of the REST API. The order matters where two paths match the same URL: a path with a fixed segment
 * precedes one with a parameter there.
 */
export const operations = [
  ...missionOperations,
  ...inputRequestOperations,
  ...userOperations,
  ...inboxOperations,
  ...sessionOperations,
  ...notificationOperations,
  ...stopOperations,
  ...approvalRuleOperations,
  ...delegationOperations,
  ...limitOperations,
  ...runOperations,
  ...emailOperations,
  ...webhookOperations,
] as unknown as readonly Operation[];

/** Those for operators, in the browser; all others are for agents and users. */
export const operationsForOperators = operateOperations as unknown as readonly Operation[];

export const isForOperators = (operation: Pick<Operation, 'path'>): boolean =>
  operation.path.startsWith('/api/operate/');

/** Those of the trusted backend alone: neither an agent's key nor a user opens them. */
export const isForBackend = (operation: Pick<Operation, 'path'>): boolean =>
  operation.path.startsWith('/api/internal/webhooks') || operation.path === '/api/internal/limits';

/**
 * Whether an operation is for users (`/api/v1`). Its caller is a signed-in person, or a trusted backend acting for one.
 */
export const isForUsers = (operation: Pick<Operation, 'path'>): boolean => operation.path.startsWith('/api/v1/');
