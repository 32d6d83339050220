import { useLocation } from 'preact-iso/router';
import { useKeys } from '../shell/keys.ts';
import { useInbox } from '../store/inbox.ts';
import { answers } from './answering.ts';

/** Once a question is answered: the most pressing of those that are left, or that there is none. */
export function Next({ after }: { after: string }) {
  const { data } = useInbox();
  const { route } = useLocation();
  const left = data.value?.items.filter(({ group, request_id: id }) => group === 'answer' && id && isLeft(id, after));
  const next = left?.[0];
  const path = `/q/${next?.request_id}`;
  useKeys(next ? [{ press: 'n', says: 'next question', do: () => route(path) }] : []);
  return (
    <p class="actions">
      {next && (
        <a class="button primary" href={path}>
          Next question <kbd aria-hidden="true">n</kbd>
        </a>
      )}
      <a class="button" href="/">
        Back to the inbox
      </a>
      {next ? (
        <span class="small what" dir="auto">
          {next.summary}
        </span>
      ) : (
        data.value && <span class="quiet small">No other question waits for you.</span>
      )}
    </p>
  );
}

/** Not answered here already, even if the server has not heard of it yet. */
const isLeft = (id: string, after: string): boolean => id !== after && !answers.all.value.has(id);
