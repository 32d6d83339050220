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
import { invalidTransition, Refused } from './decision.ts';
import type { ChangeBuilder } from './mission-changes.ts';
import { requireOpen, requireStep } from './mission-steps.ts';
import { quote } from './quote.ts';
import { startWaits } from './task-readiness.ts';
import type { Blocker } from './state.ts';
import { holdBy, requireAbleToWait } from './waiting.ts';

/**
 * Sending mail is a decision of the mission that it is sent for (specification section 8): with `expect_reply` it waits from here on, and the event carries
 * the whole mail to the email-bridge, which sends it and hears the replies. The wait's id is the tracking id: by that its deadline is known for
 * the bridge's.
 */
export function requestEmail(changes: ChangeBuilder, trackingId: string, email: NewEmail): void {
  const waits = email.expect_reply === true;
  if (waits) requireStep(changes.mission, 'block', 'waiting');
  else requireOpen(changes.mission);
  const mail = complete(changes, trackingId, email);
  if (mail.task_id !== null) changes.task(mail.task_id);
  changes.set({ mailed: true });
  const { to, subject } = mail;
  if (!waits) return tell(changes, mail, { tracking_id: mail.id, to, subject });
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
  tell(changes, mail, { key: blocker.key, tracking_id: mail.id, until_at: mail.expires_at, to, subject });
  // The mail may be the first step of the work: tasks that only wait stood ready for it since a replan.
  startWaits(changes);
}

export type FollowedUp = Pick<TrackedEmail, 'tracking_id' | 'task_id' | 'subject' | 'status' | 'pending_from'>;

/** A further message to those who have not answered: in the history, and no wait of its own. Without a text the bridge writes its own. */
export function requestFollowUp(
  changes: ChangeBuilder,
  id: string,
  { tracking_id, task_id: taskId, subject, status, pending_from }: FollowedUp,
  { body = '' }: FollowUp,
): void {
  requireOpen(changes.mission);
  if (pending_from.length === 0 || !followableStatuses.includes(status)) {
    const nobody = pending_from.length === 0 ? 'Nobody is waited for any more. ' : '';
    throw invalidTransition('The e-mail', status, 'followup_sent', [], `${nobody}${whenFollowable}`);
  }
  // It stands in the thread of an e-mail that the bridge knows; of a task that was never this mission's it says nothing.
  const task_id = changes.mission.tasks.some((task) => task.id === taskId) ? taskId : null;
  const mail: RequestedMail = {
    ...complete(changes, id, { to: [], subject: '', body: body.trim() === '' ? '' : body, task_id }),
    follow_up_of: tracking_id,
  };
  changes.set({ mailed: true });
  tell(changes, mail, { tracking_id, follow_up_of: tracking_id, to: pending_from, subject });
}

/** The wait for replies to a mail of the bridge's, whose deadline that keeps; any other wait for mail is an ordinary one. */
export const isOfBridge = ({ id, key }: Pick<Blocker, 'id' | 'key'>): boolean => key === emailReplyKey(id);

/** Every default filled in and every time absolute: the bridge's upsert of it needs to know nothing else. */
function complete(changes: ChangeBuilder, id: string, email: NewEmail): RequestedMail {
  const { customer_id, user_id, id: mission_id } = changes.mission;
  const whole = { ...email, mission_id };
  const errors = mailFaults(whole);
  const [first] = errors;
  if (first) throw new Refused('VALIDATION_FAILED', `${first.path}: ${first.message}`, { errors });
  return requestedMail(whole, { id, customer_id, user_id, at: changes.at });
}

const MAX_EXCERPT = 500;

interface Told {
  readonly key?: string;
  readonly tracking_id: string;
  readonly until_at?: string;
  readonly follow_up_of?: string;
  readonly to: string[];
  readonly subject: string;
}

function tell(changes: ChangeBuilder, mail: RequestedMail, { subject, ...metadata }: Told): void {
  changes.record(metadata.key === undefined ? 'email_requested' : 'email_awaited', {
    title: `${mail.follow_up_of === null ? 'E-mail' : 'Follow-up to'} ${quote(subject, 200)} to ${metadata.to.join(', ')}`,
    content: truncate(mail.body, MAX_EXCERPT),
    task_id: mail.task_id,
    metadata,
    event: { mail },
  });
}

/** Shown wherever the wait is: whose answers are waited for. */
const reasonOf = ({ expected_recipients, subject, until }: RequestedMail): string =>
  truncate(
    `${until === 'any' && expected_recipients.length > 1 ? 'an answer of any of' : 'answers of'} ${expected_recipients.join(', ')} to ${quote(subject, 200)}`,
    500,
  );
