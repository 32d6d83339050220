import { APICallError, RetryError } from 'ai';
import { Problem } from '@missions/contracts/errors.ts';
import { OutOfTime } from './work.ts';

/**
 * The problem that a failed turn may report. The model's own error text is left out, because it may quote the prompt or
 * the key. Undefined if the model is not the cause.
 */
export function modelProblem(error: unknown): Problem | undefined {
  if (error instanceof OutOfTime)
    return new Problem('TIMEOUT', `${error.message}. What was done until then is kept in the missions.`);
  const last = RetryError.isInstance(error) ? error.lastError : error;
  if (APICallError.isInstance(last)) return new Problem('UNAVAILABLE', because(last.statusCode));
  // The library's other errors are about malformed responses; none of their messages quotes a credential.
  if (last instanceof Error && last.name.startsWith('AI_'))
    return new Problem('UNAVAILABLE', 'The model gave an answer that this agent does not understand.');
  return undefined;
}

function because(status: number | undefined): string {
  if (status === undefined) return 'The model cannot be reached.';
  if (status === 401 || status === 403) return `The model refused the agent's MODEL_API_KEY (${status}).`;
  if (status === 404) return 'The model is not known at MODEL_BASE_URL (404): see MODEL_NAME and MODEL_PROVIDER.';
  if (status === 429) return 'The model has had too many requests (429). Try again later.';
  return `The model failed (${status}). Try again later.`;
}
