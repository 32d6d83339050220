import { useEffect, useRef } from 'preact/hooks';
import { learnWhoIAm, session } from '../store/session.ts';
import { signInHref, signsInByProvider } from '../sign-in/ways.ts';

/**
 * Over the page when its session has ended: everything stays as it was. Once the user has signed in again, here or in
 * another tab, it goes on.
 */
export function SignInAgain() {
  const ref = useRef<HTMLDialogElement>(null);
  const isOver = session.value === 'over';
  useEffect(() => {
    if (isOver && ref.current && !ref.current.open) ref.current.showModal();
    if (!isOver) ref.current?.close();
  }, [isOver]);
  if (!isOver) return null;
  return (
    <dialog ref={ref} aria-labelledby="over">
      <h2 id="over">You are signed out</h2>
      <p>Your session has ended. What you see and what you have typed is kept.</p>
      {signsInByProvider() ? (
        <p>
          <a class="button primary" href={signInHref()}>
            Sign in again
          </a>
        </p>
      ) : (
        <p>
          Make a new link with <code>npm run missions -- sign-in --user &lt;id&gt;</code>, open it in this browser, and
          come back to this tab.
        </p>
      )}
      <button type="button" onClick={() => void learnWhoIAm()}>
        I have signed in
      </button>
    </dialog>
  );
}
