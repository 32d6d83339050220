import type { InputRequest } from '@missions/contracts/approval/input-request.ts';
import { at, inLine, lines } from './lines.ts';
import { untrusted } from './untrusted.ts';

/** How a question stands, in words that cannot be taken for an approval when nobody answered. */
export function inputRequestText(question: InputRequest): string {
  const head = `Question ${question.id}${question.task_id ? ` (task ${question.task_id})` : ''}: "${inLine(question.prompt, 300)}"`;
  switch (question.status) {
    case 'pending':
      return `${head}\nstatus pending: the user has not answered yet; open until ${at(question.expires_at)}.`;
    case 'cancelled':
      return `${head}\nstatus cancelled: nobody will answer it. That is no approval.`;
    case 'expired':
      return `${head}\nstatus expired: nobody answered in time. That is no approval.`;
    default:
      return lines(head, answerText(question));
  }
}

function answerText({ response, options, responded_at }: InputRequest): string {
  const option = options.find(({ id }) => id === response?.selected_option);
  const chosen = option ? `option "${inLine(option.id)}" (${inLine(option.label, 200)})` : '';
  if (response?.via === 'timeout')
    return `status responded by timeout: nobody answered, and the default ${chosen} was taken. Go on with it where that is harmless; it is not an approval.`;
  return lines(
    `status responded: the user answered${chosen ? ` with ${chosen}` : ''}${responded_at ? ` at ${at(responded_at)}` : ''}.`,
    response?.freeform_text ? untrusted('the user, in answer to this question', response.freeform_text) : '',
  );
}

/** What a mission's representation holds of its questions; the contracts of missions only say that they are objects. */
export const inputRequestLines = (input_requests: readonly unknown[]): readonly InputRequest[] =>
  input_requests as readonly InputRequest[];
