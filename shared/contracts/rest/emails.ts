import { Type } from 'typebox';
import {
  CheckedReplies,
  CheckReplies,
  FollowUp,
  NewEmail,
  TrackedEmail,
  TrackedEmailDetail,
  whenFollowable,
} from '../email/email.ts';
import { closed, Identifier } from '../fields.ts';
import { operation } from './operation.ts';

/** Sending e-mail and tracking its replies (specification sections 5 and 8, "E-mail"). */
const emails = '/api/internal/emails';
const tag = 'e-mail';
const scope = 'email';
const agent = { agent_id: Type.Optional(Identifier) };
/** Where the product demands one (EMAIL_REQUIRES_RECEIPT). */
const proof = {
  receipt: Type.Optional(
    Type.String({
      minLength: 1,
      maxLength: 10_000,
      description: 'of the approval of exactly this mail, where one is needed',
    }),
  ),
};
const OfUser = Type.Object({ user_id: Type.Optional(Identifier) }, closed);

export const sendEmail = operation({
  id: 'sendEmail',
  method: 'post',
  path: emails,
  tag,
  scope,
  summary: 'Send an e-mail; with expect_reply, replies are tracked and the mission waits for them',
  description:
    'With `mission_id` (and `task_id`) and `expect_reply`, the task or the whole mission waits until all ' +
    'recipients (`until: all`) or one of them (`any`) have replied. The text of a reply is untrusted.',
  body: Type.Object({ ...NewEmail.properties, ...proof, user_id: Identifier, ...agent }, closed),
  response: TrackedEmail,
  status: 201,
  refusals: [
    'MISSION_NOT_FOUND',
    'TASK_NOT_FOUND',
    'INVALID_TRANSITION',
    'MISSION_CLOSED',
    'RECEIPT_REQUIRED',
    'QUOTA_EXCEEDED',
  ],
});

export const checkReplies = operation({
  id: 'checkReplies',
  method: 'post',
  path: `${emails}/check-replies`,
  tag,
  scope,
  summary: 'Read the replies, the new ones among them, and who has not replied',
  description:
    'Each reply is new in exactly one check. `pending` lists the e-mails with recipients who have not ' +
    'replied or could not be reached, also after the deadline: `all_replied` does not become true because ' +
    'the wait ended.',
  body: Type.Object({ ...CheckReplies.properties, user_id: Identifier, ...agent }, closed),
  response: CheckedReplies,
  status: 200,
  refusals: ['EMAIL_NOT_FOUND'],
});

export const getEmail = operation({
  id: 'getEmail',
  method: 'get',
  path: `${emails}/{tracking_id}`,
  tag,
  scope,
  summary: 'Read an e-mail with its replies',
  query: OfUser,
  response: TrackedEmailDetail,
  status: 200,
  refusals: ['EMAIL_NOT_FOUND'],
});

export const sendFollowUp = operation({
  id: 'sendFollowUp',
  method: 'post',
  path: `${emails}/{tracking_id}/follow-up`,
  tag,
  scope,
  summary: 'Remind the recipients who have not replied, in the same thread',
  description:
    `${whenFollowable} An \`expired\` e-mail stays expired: the reminder is sent and replies are stored and ` +
    `published, but no mission waits for them. \`INVALID_TRANSITION\`: the e-mail is in another state, or ` +
    'no recipient is left to remind.',
  body: Type.Object({ ...FollowUp.properties, ...proof, ...agent }, closed),
  query: OfUser,
  response: TrackedEmail,
  status: 200,
  refusals: [
    'EMAIL_NOT_FOUND',
    'INVALID_TRANSITION',
    'MISSION_NOT_FOUND',
    'MISSION_CLOSED',
    'RECEIPT_REQUIRED',
    'QUOTA_EXCEEDED',
  ],
});

export const emailOperations = [sendEmail, checkReplies, getEmail, sendFollowUp] as const;
