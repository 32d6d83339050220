import { useLocation } from 'preact-iso/router';
import { useKeys } from '../shell/keys.ts';
import { answers } from './answering.ts';
import { HOLD_MS, type Sending } from './answers.ts';

/** What is about to be sent, on whichever view: the question may have been left already. */
export function InHand() {
  const { path } = useLocation();
  const shown = [...answers.all.value].filter(([id, { state }]) => isTold(state) || path !== `/q/${id}`);
  const held = shown.filter(([, { state }]) => state === 'held').map(([id]) => id);
  useKeys(
    held.length > 0
      ? [{ press: 'Escape', says: 'take the answer back', do: () => held.forEach((id) => answers.takeBack(id)) }]
      : [],
  );
  return (
    <div role="status" class="in-hand">
      {shown.map(([id, sending]) => (
        <div key={id} class={`answer-in-hand ${sending.state.replace(' ', '-')}`}>
          <Told id={id} sending={sending} isHere={path === `/q/${id}`} />
        </div>
      ))}
    </div>
  );
}

/** Of the others, the view of the question tells. */
const isTold = (state: Sending['state']): boolean => state === 'held' || state === 'sending' || state === 'failed';

function Told({ id, sending, isHere }: { id: string; sending: Sending; isHere: boolean }) {
  switch (sending.state) {
    case 'held':
      return (
        <>
          <p>
            <bdi class="says">{sending.says}</bdi> will be sent in {HOLD_MS / 1_000} seconds.
          </p>
          <span class="time-left" aria-hidden="true" />
          <button type="button" onClick={() => answers.takeBack(id)}>
            Take back <kbd aria-hidden="true">Esc</kbd>
          </button>
        </>
      );
    case 'sending':
      return (
        <p>
          Sending <bdi class="says">{sending.says}</bdi>
          {sending.isSlow ? '. This takes longer than usual; it is tried again.' : ' …'}
        </p>
      );
    case 'failed':
      return (
        <>
          <p>
            {sending.reason} Your answer was <bdi class="says">{sending.says}</bdi>.
          </p>
          <button type="button" class="primary" onClick={() => void answers.sendAgain(id)}>
            Send again
          </button>
          {isHere ? (
            <button type="button" onClick={() => answers.takeBack(id)}>
              Take back
            </button>
          ) : (
            <a href={`/q/${id}`}>See the question</a>
          )}
        </>
      );
    case 'too late':
      return (
        <p>
          Your answer came too late. <a href={`/q/${id}`}>See how the question ended</a>
        </p>
      );
    case 'sent':
      return (
        <>
          <p>
            Answered: <a href={`/q/${id}`}>see the question</a>
          </p>
          <button type="button" class="plain" onClick={() => answers.forget(id)}>
            Close
          </button>
        </>
      );
    default:
      return sending satisfies never;
  }
}
