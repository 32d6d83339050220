import type { OperatorResponseTo } from '@missions/client/operator-client.ts';
import { useSignal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import { Reading } from '../shell/reading.tsx';
import { DeadLetter } from './dead-letter.tsx';
import { operator, useRefreshed } from './reading.ts';

type Letter = OperatorResponseTo<'listDeadLetters'>['dead_letters'][number];

const FIRST = 100;
const MOST = 500;

/**
 * Messages that no service could handle, the newest first. What is being read does not move: those that come while the
 * list is open wait behind a button.
 */
export function DeadLetters() {
  const limit = useSignal(FIRST);
  const shownUpTo = useSignal(0);
  const heading = useRef<HTMLHeadingElement>(null);
  const resource = useRefreshed('dead letters', () => operator.listDeadLetters({ limit: limit.value }));
  const all = resource.data.value?.dead_letters.toReversed() ?? [];
  const newest = all[0]?.sequence ?? 0;
  const shown = all.filter(({ sequence }) => sequence <= (shownUpTo.value || newest));
  const letters: readonly Letter[] = shown.length > 0 ? shown : all;
  const held = all.length - letters.length;
  useEffect(() => {
    if (held === 0) shownUpTo.value = newest;
  }, [held, newest]);
  const gone = async (): Promise<void> => {
    await resource.reload();
    // The button that was pressed is gone with its letter.
    heading.current?.focus();
  };
  return (
    <section class="panel" aria-labelledby="dead-letters">
      <h2 id="dead-letters" ref={heading} tabIndex={-1}>
        Dead letters
      </h2>
      <Reading of={resource}>
        {all.length === 0 && <p class="quiet">There are none: every message was handled.</p>}
        <div role="status">
          {held > 0 && (
            <button type="button" class="primary" onClick={() => (shownUpTo.value = newest)}>
              Show {held} new
            </button>
          )}
        </div>
        <ul class="letters">
          {letters.map((letter) => (
            <DeadLetter key={letter.sequence} letter={letter} gone={gone} />
          ))}
        </ul>
        {all.length === limit.value && limit.value < MOST && (
          <button
            type="button"
            onClick={() => {
              limit.value = MOST;
              void resource.reload();
            }}
          >
            Show older
          </button>
        )}
      </Reading>
    </section>
  );
}
