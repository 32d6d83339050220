import { type Static, Type } from 'typebox';
import { Identifier, Nullable, Time, Uuid } from '../fields.ts';
import { InputRequest, Response } from './input-request.ts';
import { Approval } from './several-people.ts';

/**
 * Events of the approval service (specification section 7). `version` and `index` of the envelope order the events of
 * one input request: version 1 is `requested`, later versions are reminder, approvals and the one outcome.
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
/** One of several people who must approve has done so, and further ones must: `given` of `quorum`. */
export const ApprovalApproved = Type.Object({
  ...about,
  approval: Approval,
  given: Type.Integer({ minimum: 1 }),
  quorum: Type.Integer({ minimum: 2 }),
});
/**
 * Somebody answers the question for one whom it asks, from a time on and until another: said when it is asked, and when
 * that begins to hold. `until` is past once it was ended.
 */
export const ApprovalDelegated = Type.Object({
  ...about,
  delegation: Type.Object({ id: Uuid, user_id: Identifier, to_user_id: Identifier, from: Time, until: Time }),
});
/** The user did not respond in time, and there was no default option to take. */
export const ApprovalExpired = Type.Object(about);
export const ApprovalCancelled = Type.Object(about);
export const ApprovalReminderDue = Type.Object({ ...about, request: InputRequest });

export type ApprovalApproved = Static<typeof ApprovalApproved>;
export type ApprovalDelegated = Static<typeof ApprovalDelegated>;
export type ApprovalResponded = Static<typeof ApprovalResponded>;
export type ApprovalExpired = Static<typeof ApprovalExpired>;

export const approvalEvents = {
  'approval.requested': ApprovalRequested,
  'approval.approved': ApprovalApproved,
  'approval.responded': ApprovalResponded,
  'approval.expired': ApprovalExpired,
  'approval.cancelled': ApprovalCancelled,
  'approval.reminder_due': ApprovalReminderDue,
  'approval.delegated': ApprovalDelegated,
} as const;
export type ApprovalEventType = keyof typeof approvalEvents;

/** One of several approvals, while the mission goes on waiting. */
export const approvalApproved = 'approval.approved' satisfies ApprovalEventType;

/** Who answers it for somebody, or no longer does. */
export const approvalDelegated = 'approval.delegated' satisfies ApprovalEventType;

/** The question was taken back, or its wait is over. */
export const approvalCancelled = 'approval.cancelled' satisfies ApprovalEventType;

/** The events that end a mission's wait. */
export const approvalOutcomes = {
  responded: 'approval.responded',
  expired: 'approval.expired',
} as const satisfies Record<string, ApprovalEventType>;
