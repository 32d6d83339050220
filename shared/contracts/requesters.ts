import { confirmOutcome, listInputRequests } from './approval/requests.ts';
import { sendNotice, withdrawNotice } from './email/notices.ts';
import { listEmailsOfMission } from './email/requests.ts';
import { mayMail } from './mission/requests.ts';
import type { RequestContract } from './request.ts';
import { grantRun, isSwitchedOff, settleRun } from './scheduler/runs.ts';

/**
 * The requests that a service sends to others; the gateway sends all. A service believes a request that another one
 * signed only if it stands here, and the NATS server permits the same ones: a test compares the two.
 */
export const requesters = {
  scheduler: [grantRun, settleRun, listInputRequests, listEmailsOfMission],
  mission: [confirmOutcome, isSwitchedOff],
  notifier: [sendNotice, withdrawNotice],
  'email-bridge': [mayMail, isSwitchedOff],
} as const satisfies Record<string, readonly RequestContract[]>;
export type Requester = keyof typeof requesters;
