import { approves, withEdits } from '@missions/contracts/approval/action.ts';
import { editFaults } from '@missions/contracts/approval/edits.ts';
import type { InputResponse, Response, Via } from '@missions/contracts/approval/input-request.ts';
import { type Refused, refused } from '@missions/contracts/decision.ts';
import type { FieldError } from '@missions/contracts/errors.ts';
import type { Caller } from '@missions/contracts/request.ts';
import type { Pending } from './state.ts';

export interface Answerer {
  readonly user_id: string;
  /** Who has delegated to them. */
  readonly on_behalf_of?: string | undefined;
  readonly signed_in?: Caller['signed_in'];
  readonly via: Exclude<Via, 'timeout'>;
}

/** What is irreversible is approved by somebody who has signed in this short a time ago. */
const MAX_SIGN_IN_MINUTES = 15;

/** The response that an answer becomes, or why it is none (specification section 3.5). */
export function acceptedAnswer(
  request: Pending,
  { selected_option = null, freeform_text = null, note = null, edits = null, confirmed }: InputResponse,
  by: Answerer,
  at: string,
): Response | Refused {
  // A form sends its empty fields along, so blank text counts as none.
  const text = isBlank(freeform_text) ? null : freeform_text;
  const ids = request.options.map((option) => option.id);
  if (selected_option !== null && !ids.includes(selected_option)) {
    const mend =
      ids.length > 0
        ? `must be one of ${ids.join(', ')}`
        : 'this input request has no options; answer it with freeform_text';
    return invalid({ path: '/selected_option', message: mend });
  }
  if (text !== null && !request.allow_freeform) {
    const message = `is not allowed for this input request; choose one of ${ids.join(', ')}`;
    return invalid({ path: '/freeform_text', message });
  }
  if (selected_option === null && text === null)
    return invalid({ path: '', message: `a response needs ${waysToRespond(ids, request.allow_freeform)}` });

  const isApproved = approves(request, selected_option);
  const changed = edits !== null && Object.keys(edits).length > 0 ? edits : null;
  const faults = changed ? faultsOfEdits(request, changed, isApproved) : [];
  if (faults.length > 0) return invalid(...faults);
  const unconfirmed = isApproved && request.irreversible ? whyUnconfirmed(confirmed === true, by, at) : undefined;
  if (unconfirmed) return unconfirmed;
  return {
    selected_option,
    freeform_text: text,
    responded_by: by.user_id,
    ...(by.on_behalf_of !== undefined && { on_behalf_of: by.on_behalf_of }),
    via: by.via,
    ...(note !== null && !isBlank(note) && { note }),
    ...(changed && { edits: changed }),
    ...(isApproved && request.action && { effective_action: withEdits(request.action, changed ?? {}) }),
  };
}

const isBlank = (text: string | null): boolean => text === null || text.trim() === '';

function faultsOfEdits(
  { edits: schema }: Pending,
  edits: Readonly<Record<string, unknown>>,
  isApproved: boolean,
): FieldError[] {
  if (!schema)
    return [
      { path: '/edits', message: 'leave it out: nothing of this question can be changed. Refuse it with a note' },
    ];
  if (!isApproved)
    return [{ path: '/edits', message: 'leave it out, or choose the option that approves: a refusal changes nothing' }];
  return editFaults(schema, edits);
}

/** The second deliberate act, by somebody who is there: a trusted backend vouches for its user. */
function whyUnconfirmed(isConfirmed: boolean, { signed_in }: Answerer, at: string): Refused | undefined {
  if (!isConfirmed)
    return refused(
      'CONFIRMATION_REQUIRED',
      'What this question approves cannot be undone. Show it to the user once more, and send the same answer with "confirmed": true.',
    );
  if (signed_in?.by === 'backend') return undefined;
  const signedInAt = signed_in?.at ?? null;
  const age = signedInAt === null ? Infinity : (Date.parse(at) - Date.parse(signedInAt)) / 60_000;
  if (age <= MAX_SIGN_IN_MINUTES) return undefined;
  const was = signedInAt === null ? 'It is not known when you signed in.' : `You signed in at ${signedInAt}.`;
  return refused(
    'SIGN_IN_REQUIRED',
    'What this question approves cannot be undone, so that it needs a sign-in of the last ' +
      `${MAX_SIGN_IN_MINUTES} minutes. ${was} Sign in again, then send the same answer.`,
    { max_age_minutes: MAX_SIGN_IN_MINUTES, signed_in_at: signedInAt },
  );
}

const waysToRespond = (ids: readonly string[], freeform: boolean): string =>
  [
    ...(ids.length > 0 ? [`a selected_option (${ids.join(', ')})`] : []),
    ...(freeform ? ['a freeform_text that is not blank'] : []),
  ].join(' or ');

function invalid(...errors: FieldError[]): Refused {
  const [first] = errors;
  return refused('VALIDATION_FAILED', `${first?.path || 'the body'}: ${first?.message ?? 'is not valid'}`, { errors });
}
