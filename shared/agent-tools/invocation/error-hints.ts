import { MissionsError } from '@missions/client/missions-error.ts';
import { lines } from '../rendering/lines.ts';
import { quoted } from '../rendering/quoting.ts';

/** A text for the model that says what went wrong and what it can do. Every error gets one. */
export function errorHint(error: unknown, tool: string, args: Readonly<Record<string, unknown>>): string {
  if (!(error instanceof MissionsError))
    return (
      `${tool} failed unexpectedly; it may or may not have been carried out. Look with mission_get before ` +
      'you try once more, and tell the user if it fails again.'
    );
  const summary = `${tool} failed: ${error.code}. ${quoted(error.detail, 700)}`;
  const faults = error.errors.map(faultLine);
  // The detail of VALIDATION_FAILED repeats the first fault of the list.
  const head = error.code === 'VALIDATION_FAILED' && faults.length > 0 ? `${tool} failed: VALIDATION_FAILED.` : summary;
  return lines(
    head,
    ...faults,
    (toolSpecific[tool]?.[error.code] ?? remedies[error.code])?.(args, error) ??
      'Tell the user if this stands in the way.',
  );
}

type Remedy = (args: Readonly<Record<string, unknown>>, error: MissionsError) => string;

/** A fault of the arguments. Its place may be a name that the caller made up, and its message may repeat their text. */
export const faultLine = ({ path, message }: { readonly path: string; readonly message: string }): string => {
  const place = path.replace(/^\//, '') || 'arguments';
  return `- ${/^[\w/]{1,100}$/.test(place) ? place : quoted(place, 100)}: ${quoted(message, 600)}`;
};

/** An id that the model sent. It is quoted unless it has the form of one. */
const id = (value: unknown): string => {
  const text = String(value);
  return /^[0-9a-f-]{36}$/i.test(text) ? text : quoted(text, 60);
};
const retryOnce: Remedy = () =>
  'Nothing is wrong with the call. Try it again once; if it fails again, tell the user and go on later.';
const unknownOutcome: Remedy = () =>
  'Nothing is wrong with the call, and it may have been carried out: look (mission_get) before you repeat it.';
const wrongCredential: Remedy = () =>
  'That is the set-up of this agent, not the call: do not repeat it; tell the user that the agent’s credential has to be mended.';

/** Hints that differ for one tool. */
const toolSpecific: Readonly<Record<string, Readonly<Record<string, Remedy>>>> = {
  mission_ask_user: {
    RATE_LIMITED: () => 'Go on with what needs no answer, and ask later, for several things in one question.',
  },
  email_send_followup: {
    INVALID_TRANSITION: ({ tracking_id }) =>
      `email_check_replies with tracking_ids [${quoted(String(tracking_id), 60)}] shows who has answered, and who has not.`,
  },
};

const remedies: Readonly<Record<string, Remedy>> = {
  VALIDATION_FAILED: () => 'Correct that and call it again.',
  MISSION_NOT_FOUND: ({ mission_id }) =>
    `The user has no mission with the id ${id(mission_id)}. Find it with mission_list, and copy the whole id.`,
  TASK_NOT_FOUND: ({ mission_id }) =>
    `mission_get with mission_id ${id(mission_id)} shows its tasks; copy the whole id of one.`,
  INPUT_REQUEST_NOT_FOUND: ({ mission_id }) =>
    `There is no such question in the mission ${id(mission_id)}. mission_get shows the pending ones with their request ids.`,
  EMAIL_NOT_FOUND: () =>
    'There is no such e-mail of this user. email_check_replies shows those that are awaited, with their tracking ids.',
  NOT_FOUND: () => 'Check the ids; mission_list and mission_get show those that there are.',
  INVALID_TRANSITION: (_args, { problem }) =>
    hasAllowedSteps(problem)
      ? 'Take one of the allowed steps first, or instead.'
      : 'mission_get shows how it stands now.',
  MISSION_CLOSED: (_args, { problem }) =>
    hasAllowedSteps(problem)
      ? 'Take one of the steps that are still possible.'
      : 'It cannot be changed any more: create a new mission for what is left to do.',
  CIRCULAR_DEPENDENCY: () => 'Take one of these dependencies away, so that no task waits for itself.',
  INVALID_DEPENDENCY: () =>
    'depends_on takes ids of tasks of this mission (mission_get shows them), and refs of tasks in the same call.',
  ALREADY_RESPONDED: () => 'It is decided: read the answer with mission_ask_user and its request_id.',
  RECEIPT_REQUIRED: () =>
    'Ask with mission_ask_user and action {"type": "send_email", and the same to, cc, bcc, subject, ' +
    'body}; once approved, send exactly its effective_action, with the receipt.',
  CONFIRMATION_REQUIRED: () => 'Only the user can confirm it.',
  SIGN_IN_REQUIRED: () => 'Only the user can sign in.',
  REQUEST_EXPIRED: () => 'Ask again with mission_ask_user if the answer still matters.',
  TASK_CLAIMED: () => 'Leave this task to the one who claimed it: take another, or come back after that time.',
  VERSION_MISMATCH: () => 'Read it again with mission_get, and decide anew.',
  // Its detail says why: paused, ended, switched off, taken over, expired.
  LEASE_LOST: () => 'This run is over. Stop working on the mission; change nothing more.',
  // Its detail says which one, and what makes room.
  QUOTA_EXCEEDED: () => 'Do not repeat the call: tell the user, and go on with what needs no room.',
  IDEMPOTENCY_KEY_REUSED: () => 'The same call id was used with other arguments before. Call it again as a new call.',
  PAYLOAD_TOO_LARGE: () => 'Send less: shorten the texts, or send them in several calls.',
  RATE_LIMITED: () => 'Too many calls: wait a moment, and make fewer.',
  UNAUTHENTICATED: wrongCredential,
  KEY_EXPIRED: wrongCredential,
  FORBIDDEN: wrongCredential,
  SCOPE_REQUIRED: wrongCredential,
  UNAVAILABLE: retryOnce,
  UNREACHABLE: retryOnce,
  TIMEOUT: unknownOutcome,
  UNEXPECTED_ANSWER: unknownOutcome,
  INTERNAL: unknownOutcome,
};

/** Whether the refusal lists allowed transitions; its detail then contains them. */
const hasAllowedSteps = ({ allowed }: Readonly<Record<string, unknown>>): boolean =>
  Array.isArray(allowed) && allowed.length > 0;
