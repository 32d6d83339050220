import {
  type FollowUp,
  followableStatuses,
  type NewEmail,
  type RequestedMail,
  type TrackedEmail,
  whenFollowable,
} from '@missions/contracts/email/email.ts';
import { mailFaults, requestedMail } from '@missions/contracts/email/requested.ts';
import { truncate } from '@missions/contracts/truncate.ts';
import { emailReplyKey } from '@missions/contracts/waits.ts';
import { settleConcerns } from './concerns.ts';
import { invalidTransition, Refused } from './decision.ts';
import type { ChangeBuilder } from './mission-changes.ts';
import { requireOpen, requireStep } from './mission-steps.ts';
import { quote } from './quote.ts';
import { startWaits } from './task-readiness.ts';
import type { Blocker } from './state.ts';
import { holdBy, requireAbleToWait } from './waiting.ts';

/**
 * Sending an e-mail is a decision of its mission (specification section 8): with `expect_reply` the mission waits from
 * here on, and the event carries the whole e-mail to the email-bridge, which sends the e-mail and receives the replies.
 * The blocker's id is the tracking id, which marks the wait as one whose deadline the email-bridge owns (`isOfBridge`).
 */
export function requestEmail(changes: ChangeBuilder, trackingId: string, email: NewEmail): void {
  const waits = email.expect_reply === true;
  if (waits) requireStep(changes.mission, 'block', 'waiting');
  else requireOpen(changes.mission);
  requireUnpaused(changes);
  const mail = complete(changes, trackingId, email);
  if (mail.task_id !== null) changes.task(mail.task_id);
  changes.set({ mailed: true });
  settleConcerns(changes, ({ kind, task_id }) => kind === 'bounced' && (task_id ?? mail.task_id) === mail.task_id);
  const { to, subject } = mail;
  if (!waits) return recordEmail(changes, mail, { tracking_id: mail.id, to, subject });
  requireAbleToWait(changes, mail.task_id, 'waiting_external', 'Leave task_id out to let the whole mission wait.');
  const blocker: Blocker = {
    id: mail.id,
    task_id: mail.task_id,
    key: emailReplyKey(mail.id),
    kind: 'email_reply',
    reason: reasonOf(mail),
    until: mail.until,
    on_signal: 'resume',
    on_timeout: email.on_timeout ?? 'fail',
    opened_at: changes.at,
    timeout_at: mail.expires_at,
    accept_after: null,
    resolved_at: null,
    resolution: null,
  };
  holdBy(changes, blocker);
  recordEmail(changes, mail, { key: blocker.key, tracking_id: mail.id, until_at: mail.expires_at, to, subject });
  // The e-mail may be the first step of work after a replan, so tasks that only wait start to wait now.
  startWaits(changes);
}

export type FollowedUp = Pick<TrackedEmail, 'tracking_id' | 'task_id' | 'subject' | 'status' | 'pending_from'>;

/**
 * Sends a further message to the recipients without a reply: recorded in the history, without a wait of its own.
 * Without a body the email-bridge writes the text.
 */
export function requestFollowUp(
  changes: ChangeBuilder,
  id: string,
  { tracking_id, task_id: taskId, subject, status, pending_from }: FollowedUp,
  { body = '' }: FollowUp,
): void {
  requireOpen(changes.mission);
  requireUnpaused(changes);
  if (pending_from.length === 0 || !followableStatuses.includes(status)) {
    const nobody = pending_from.length === 0 ? 'No recipient is still expected to reply. ' : '';
    throw invalidTransition('The e-mail', status, 'followup_sent', [], `${nobody}${whenFollowable}`);
  }
  // The task id comes from the email-bridge; the follow-up names the task only if it belongs to this mission.
  const task_id = changes.mission.tasks.some((task) => task.id === taskId) ? taskId : null;
  const mail: RequestedMail = {
    ...complete(changes, id, { to: [], subject: '', body: body.trim() === '' ? '' : body, task_id }),
    follow_up_of: tracking_id,
  };
  changes.set({ mailed: true });
  settleConcerns(changes, ({ kind, reference }) => kind === 'bounced' && reference === tracking_id);
  recordEmail(changes, mail, { tracking_id, follow_up_of: tracking_id, to: pending_from, subject });
}

/**
 * Whether the wait was opened together with its e-mail: then the email-bridge owns the deadline. Any other wait for
 * replies has its own timer.
 */
export const isOfBridge = ({ id, key }: Pick<Blocker, 'id' | 'key'>): boolean => key === emailReplyKey(id);

/** A pause stops effects on people outside as well: what a paused mission did to them, nobody could take back. */
function requireUnpaused({ mission: { paused_by } }: ChangeBuilder): void {
  if (paused_by === null) return;
  throw new Refused(
    'INVALID_TRANSITION',
    `The mission was paused by the ${paused_by}, and sends no mail until it is active again. ` +
      'Send the mail then; a pause of the user or the system is lifted by the user only.',
    { reason: 'paused', from: 'paused', to: 'mail', allowed: ['unpause'] },
  );
}

/** Fills in every default and makes every time absolute: the email-bridge stores the e-mail as it is. */
function complete(changes: ChangeBuilder, id: string, email: NewEmail): RequestedMail {
  const { customer_id, user_id, id: mission_id } = changes.mission;
  const whole = { ...email, mission_id };
  const errors = mailFaults(whole);
  const [first] = errors;
  if (first) throw new Refused('VALIDATION_FAILED', `${first.path}: ${first.message}`, { errors });
  return requestedMail(whole, { id, customer_id, user_id, at: changes.at });
}

const MAX_EXCERPT = 500;

interface EmailMetadata {
  readonly key?: string;
  readonly tracking_id: string;
  readonly until_at?: string;
  readonly follow_up_of?: string;
  readonly to: string[];
  readonly subject: string;
}

function recordEmail(changes: ChangeBuilder, mail: RequestedMail, { subject, ...metadata }: EmailMetadata): void {
  changes.record(metadata.key === undefined ? 'email_requested' : 'email_awaited', {
    title: `${mail.follow_up_of === null ? 'E-mail' : 'Follow-up to'} ${quote(subject, 200)} to ${metadata.to.join(', ')}`,
    content: truncate(mail.body, MAX_EXCERPT),
    task_id: mail.task_id,
    metadata,
    event: { mail },
  });
}

/** The blocker's reason names the recipients whose replies are expected. */
const reasonOf = ({ expected_recipients, subject, until }: RequestedMail): string =>
  truncate(
    `${until === 'any' && expected_recipients.length > 1 ? 'an answer of any of' : 'answers of'} ` +
      `${expected_recipients.join(', ')} to ${quote(subject, 200)}`,
    500,
  );
