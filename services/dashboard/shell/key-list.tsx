import { useLocation } from 'preact-iso/router';
import { useEffect, useRef } from 'preact/hooks';
import { me } from '../store/session.ts';
import { areKeysOn, bindings, listenToKeys, switchKeys, useKeys } from './keys.ts';

/** The keys of every view, and the list of all that work here. */
export function KeyList() {
  const ref = useRef<HTMLDialogElement>(null);
  const { route } = useLocation();
  useEffect(listenToKeys, []);
  const show = (): void => ref.current?.showModal();
  useKeys([
    { press: 'g i', says: 'go to the inbox', do: () => route('/') },
    { press: 'g m', says: 'go to the missions', do: () => route('/missions') },
    { press: 'g h', says: 'go to the history', do: () => route('/history') },
    ...(me.value?.operator ? [{ press: 'g o', says: 'go to the operators’ view', do: () => route('/operate') }] : []),
    { press: '/', says: 'search', do: () => search(route) },
    { press: '?', says: 'show this list', do: show },
  ]);
  return (
    <footer class="keys">
      <button type="button" class="plain small" onClick={show}>
        Keys <kbd aria-hidden="true">?</kbd>
      </button>
      <dialog ref={ref} aria-labelledby="keys">
        <h2 id="keys">Keys</h2>
        <dl class="key-list">
          {bindings.value
            .toReversed()
            .flat()
            .map(({ press, says }) => (
              <div key={press}>
                <dt>
                  {press.split(' ').map((key) => (
                    <kbd key={key}>{key}</kbd>
                  ))}
                </dt>
                <dd>{says}</dd>
              </div>
            ))}
        </dl>
        <label class="tick">
          <input
            type="checkbox"
            checked={areKeysOn.value}
            onChange={({ currentTarget }) => switchKeys(currentTarget.checked)}
          />
          Use these keys. They never work while you write.
        </label>
        <button type="button" onClick={() => ref.current?.close()}>
          Close
        </button>
      </dialog>
    </footer>
  );
}

function search(route: (path: string) => void): void {
  const field = document.querySelector<HTMLInputElement>('main input[type="search"]');
  if (field) field.focus();
  else route('/missions');
}
