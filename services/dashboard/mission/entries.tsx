import type { MissionEvent } from '../store/shapes.ts';
import { When } from '../text/when.tsx';
import { Deadline } from './head.tsx';
import { type Author, lineOf } from './history-lines.ts';
import { Quotation } from './quotation.tsx';

const AUTHORS: Readonly<Record<Author, string>> = {
  you: 'You',
  agent: 'Agent',
  product: 'Missions',
  stranger: 'Outside',
};

/** Entries of a history, the newest first, in the words of this page. */
export const Entries = ({ events }: { readonly events: readonly MissionEvent[] }) => (
  <ol class="history" reversed>
    {events.map((event) => {
      const { by, text, about, quote, until, requestId } = lineOf(event);
      return (
        <li key={event.sequence} class={by}>
          <p>
            <span class="author">{AUTHORS[by]}</span> {text}
            {about && (
              <>
                : <bdi>{about}</bdi>
              </>
            )}
            {until && (
              <>
                , until <Deadline time={until} />
              </>
            )}
            {requestId && (
              <>
                {' '}
                <a href={`/q/${requestId}`}>
                  Question<span class="unseen"> of entry {event.sequence}</span>
                </a>
              </>
            )}
            <span class="quiet small">
              {' '}
              <When time={event.created_at} />
            </span>
          </p>
          {quote && <Quotation text={quote} stranger={by === 'stranger'} />}
        </li>
      );
    })}
  </ol>
);
