import type { InputRequest, Response, TaskTexts } from '@missions/contracts/approval/input-request.ts';
import { at, lines } from './lines.ts';
import { quoted, untrusted } from './quoting.ts';

/** The state of an input request, worded so that a missing response cannot be taken for an approval. */
export const inputRequestText = (request: InputRequest): string => stateText(request, inShort);

/** The same with the whole action that was approved, and its receipt: some hundred tokens. */
export const wholeInputRequestText = (request: InputRequest): string => stateText(request, inFull);

function stateText(request: InputRequest, approved: typeof inFull): string {
  const head = lines(
    `Question ${request.id}${request.task_id ? ` (task ${request.task_id})` : ''}: ${quoted(request.prompt, 300)}`,
    taskText(request),
  );
  switch (request.status) {
    case 'pending':
      return `${head}\nstatus pending: ${approvalsText(request)}; open until ${at(request.expires_at)}.`;
    case 'cancelled':
      return `${head}\nstatus cancelled: nobody will answer it. That is no approval.`;
    case 'expired':
      return `${head}\nstatus expired: nobody answered in time. That is no approval.`;
    default:
      return lines(head, responseText(request, approved));
  }
}

/** A quorum that is not full approves nothing. */
function approvalsText({ quorum = 1, approvals = [] }: InputRequest): string {
  if (quorum === 1) return 'the user has not answered yet';
  const names = approvals.map(({ user_id }) => quoted(user_id)).join(', ');
  return `${approvals.length} of ${quorum} people have approved${names && ` (${names})`}, which is no approval yet`;
}

/** The task in the words that the user was asked about, and those that replaced them later. */
function taskText({ task }: InputRequest): string {
  if (!task) return '';
  const texts = ({ title, description }: TaskTexts): string =>
    `${quoted(title)}${description && `: ${quoted(description, 200)}`}`;
  const since = task.changed && ` The task was changed at ${at(task.changed.changed_at)} to ${texts(task.changed)}.`;
  return `Asked about the task ${texts(task)}.${since ?? ''}`;
}

function responseText(request: InputRequest, approved: typeof inFull): string {
  const { response, options, responded_at } = request;
  const option = options.find(({ id }) => id === response?.selected_option);
  const chosen = option ? `option ${quoted(option.id)} (${quoted(option.label, 200)})` : '';
  if (response?.via === 'timeout')
    return (
      `status responded by timeout: nobody answered, and the default ${chosen} was taken. Go on with it ` +
      'where that is harmless; it is not an approval.'
    );
  return lines(
    `status responded: the user answered${chosen ? ` with ${chosen}` : ''}${responded_at ? ` at ${at(responded_at)}` : ''}.`,
    effectText(request, approved),
    response?.freeform_text ? untrusted('the user, in answer to this question', response.freeform_text) : '',
  );
}

function effectText({ id, action, response }: InputRequest, approved: typeof inFull): string {
  const note = response?.note ? untrusted('the user, in a note to this answer', response.note) : '';
  if (!action || !response) return note;
  const isApproved = response.effective_action !== undefined;
  return lines(isApproved ? approved(id, response) : 'The action was not approved: do not do it.', note);
}

const inShort = (id: string, _response: Response): string =>
  `The action was approved. mission_ask_user with request_id ${id} shows exactly what, and its receipt.`;

/** It is done as it is written: no part of it may be left out. */
const MOST_OF_ACTION = 300_000;

/** What was approved, to be done exactly so; with what proves it to whoever does it. */
function inFull(_id: string, { effective_action, receipt, edits }: Response): string {
  const names = Object.keys(edits ?? {}).map((name) => quoted(name));
  const changed = names.length > 0 ? `, with the changes of the user (${names.join(', ')})` : '';
  return lines(
    `The action was approved${changed}. Do exactly this effective_action, and nothing else:`,
    untrusted('the effective_action', JSON.stringify(effective_action), MOST_OF_ACTION),
    receipt && `receipt: ${receipt}`,
  );
}

/** The input requests of a mission's representation, where the contracts type them only as objects. */
export const inputRequestsOf = (input_requests: readonly unknown[]): readonly InputRequest[] =>
  input_requests as readonly InputRequest[];
