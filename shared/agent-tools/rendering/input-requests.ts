import type { InputRequest, TaskTexts } from '@missions/contracts/approval/input-request.ts';
import { at, lines } from './lines.ts';
import { quoted, untrusted } from './quoting.ts';

/** The state of an input request, worded so that a missing response cannot be taken for an approval. */
export function inputRequestText(request: InputRequest): string {
  const head = lines(
    `Question ${request.id}${request.task_id ? ` (task ${request.task_id})` : ''}: ${quoted(request.prompt, 300)}`,
    taskText(request),
  );
  switch (request.status) {
    case 'pending':
      return `${head}\nstatus pending: the user has not answered yet; open until ${at(request.expires_at)}.`;
    case 'cancelled':
      return `${head}\nstatus cancelled: nobody will answer it. That is no approval.`;
    case 'expired':
      return `${head}\nstatus expired: nobody answered in time. That is no approval.`;
    default:
      return lines(head, responseText(request));
  }
}

/** The task in the words that the user was asked about, and those that replaced them later. */
function taskText({ task }: InputRequest): string {
  if (!task) return '';
  const texts = ({ title, description }: TaskTexts): string =>
    `${quoted(title)}${description && `: ${quoted(description, 200)}`}`;
  const since = task.changed && ` The task was changed at ${at(task.changed.changed_at)} to ${texts(task.changed)}.`;
  return `Asked about the task ${texts(task)}.${since ?? ''}`;
}

function responseText({ response, options, responded_at }: InputRequest): string {
  const option = options.find(({ id }) => id === response?.selected_option);
  const chosen = option ? `option ${quoted(option.id)} (${quoted(option.label, 200)})` : '';
  if (response?.via === 'timeout')
    return `status responded by timeout: nobody answered, and the default ${chosen} was taken. Go on with it where that is harmless; it is not an approval.`;
  return lines(
    `status responded: the user answered${chosen ? ` with ${chosen}` : ''}${responded_at ? ` at ${at(responded_at)}` : ''}.`,
    response?.freeform_text ? untrusted('the user, in answer to this question', response.freeform_text) : '',
  );
}

/** The input requests of a mission's representation, where the contracts type them only as objects. */
export const inputRequestsOf = (input_requests: readonly unknown[]): readonly InputRequest[] =>
  input_requests as readonly InputRequest[];
