import { type Static, Type } from 'typebox';
import { Identifier, Nullable, Uuid } from '../fields.ts';
import { InputRequest, Response } from './input-request.ts';

/**
 * Events of the approval service (specification section 7). `version` and `index` of the envelope order the events of
 * one input request: version 1 is `requested`, later versions are the reminder and the one outcome.
 */
const about = {
  customer_id: Identifier,
  user_id: Identifier,
  mission_id: Uuid,
  task_id: Nullable(Uuid),
  request_id: Uuid,
};

export const ApprovalRequested = Type.Object({ ...about, request: InputRequest });
export const ApprovalResponded = Type.Object({ ...about, response: Response });
/** The user did not respond in time, and there was no default option to take. */
export const ApprovalExpired = Type.Object(about);
export const ApprovalCancelled = Type.Object(about);
export const ApprovalReminderDue = Type.Object({ ...about, request: InputRequest });

export type ApprovalResponded = Static<typeof ApprovalResponded>;
export type ApprovalExpired = Static<typeof ApprovalExpired>;

export const approvalEvents = {
  'approval.requested': ApprovalRequested,
  'approval.responded': ApprovalResponded,
  'approval.expired': ApprovalExpired,
  'approval.cancelled': ApprovalCancelled,
  'approval.reminder_due': ApprovalReminderDue,
} as const;
export type ApprovalEventType = keyof typeof approvalEvents;

/** The question was taken back, or its wait is over. */
export const approvalCancelled = 'approval.cancelled' satisfies ApprovalEventType;

/** The events that end a mission's wait. */
export const approvalOutcomes = {
  responded: 'approval.responded',
  expired: 'approval.expired',
} as const satisfies Record<string, ApprovalEventType>;
