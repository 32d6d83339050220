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

/** Sending mail and tracking its replies (specification section 5 and 8 "E-mail"). */
const emails = '/api/internal/emails';
const tag = 'e-mail';
const agent = { agent_id: Type.Optional(Identifier) };
const OfUser = Type.Object({ user_id: Type.Optional(Identifier) }, closed);

export const sendEmail = operation({
  id: 'sendEmail',
  method: 'post',
  path: emails,
  tag,
  summary: 'Send an e-mail; with expect_reply its replies are tracked, and its mission waits for them',
  description:
    'With `mission_id` (and `task_id`) and `expect_reply` the task, or the whole mission, waits from here on and goes on when everybody (`until: all`) or somebody (`any`) has answered. What is written back is untrusted.',
  body: Type.Object({ ...NewEmail.properties, user_id: Identifier, ...agent }, closed),
  answer: TrackedEmail,
  status: 201,
  refusals: ['MISSION_NOT_FOUND', 'TASK_NOT_FOUND', 'INVALID_TRANSITION', 'MISSION_CLOSED'],
});

export const checkReplies = operation({
  id: 'checkReplies',
  method: 'post',
  path: `${emails}/check-replies`,
  tag,
  summary: 'What has been answered, what of it is new, and who has not answered',
  description:
    'A reply is new to one check. `pending` is who stayed silent or was not reached, also after the deadline: `all_replied` is never true because the waiting ended.',
  body: Type.Object({ ...CheckReplies.properties, user_id: Identifier, ...agent }, closed),
  answer: CheckedReplies,
  status: 200,
  refusals: ['EMAIL_NOT_FOUND'],
});

export const getEmail = operation({
  id: 'getEmail',
  method: 'get',
  path: `${emails}/{tracking_id}`,
  tag,
  summary: 'Read an e-mail with its replies',
  query: OfUser,
  answer: TrackedEmailDetail,
  status: 200,
  refusals: ['EMAIL_NOT_FOUND'],
});

export const sendFollowUp = operation({
  id: 'sendFollowUp',
  method: 'post',
  path: `${emails}/{tracking_id}/follow-up`,
  tag,
  summary: 'Remind those who have not answered, in the same thread',
  description: `${whenFollowable} An \`expired\` one stays expired: the reminder goes out, what is answered is kept and told, and no mission waits for it. \`INVALID_TRANSITION\`: it is in another state, or nobody is left to remind.`,
  body: Type.Object({ ...FollowUp.properties, ...agent }, closed),
  query: OfUser,
  answer: TrackedEmail,
  status: 200,
  refusals: ['EMAIL_NOT_FOUND', 'INVALID_TRANSITION', 'MISSION_NOT_FOUND', 'MISSION_CLOSED'],
});

export const emailOperations = [sendEmail, checkReplies, getEmail, sendFollowUp] as const;
