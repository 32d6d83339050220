import { me } from '../store/session.ts';
import { When } from '../text/when.tsx';
import type { Question } from './outcome.ts';
import { peopleOf } from './people.ts';

/** Who is asked beside the reader, how many of them must approve, and who has. */
export function WhoIsAsked({ question }: { question: Question }) {
  const { whose, others, wanted, given } = peopleOf(question, me.value?.user_id);
  return (
    <section aria-labelledby="people" class="people">
      <h2 id="people">Who is asked</h2>
      <p>
        {whose !== undefined && (
          <>
            This is a question to <bdi>{whose}</bdi>, which you may answer as well.{' '}
          </>
        )}
        {others.length > 0 && (
          <>
            Also asked:{' '}
            {others.map((user, index) => (
              <>
                {index > 0 && ', '}
                <bdi key={user}>{user}</bdi>
              </>
            ))}
            .
          </>
        )}
      </p>
      {wanted > 1 && (
        <p>
          {given.length} of {wanted} people have approved. One who refuses ends it.
        </p>
      )}
      {given.length > 0 && (
        <ul>
          {given.map(({ user_id, responded_at, note }) => (
            <li key={user_id}>
              <bdi>{user_id === me.value?.user_id ? 'You' : user_id}</bdi> approved{' '}
              <When time={responded_at} absolute />
              {note !== undefined && (
                <>
                  : <bdi>{note}</bdi>
                </>
              )}
            </li>
          ))}
        </ul>
      )}
    </section>
  );
}
