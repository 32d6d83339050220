import { useSignal } from '@preact/signals';
import type { ComponentChildren } from 'preact';
import { useId, useLayoutEffect, useRef } from 'preact/hooks';

export interface DeliberateProps {
  readonly label: string;
  /** What the second button says. */
  readonly verb: string;
  /** What cannot be undone, in a sentence. */
  readonly children: ComponentChildren;
  readonly onAct: () => void;
  readonly disabled?: boolean;
  /** It sets something going again: not in the colour of what is lost. */
  readonly mends?: boolean;
  /** Read after the label, by those who hear the page: which of several this button is about. */
  readonly about?: string;
}

/** What cannot be undone takes two acts. The second is in a dialog of its own, which begins at the way back. */
export function Deliberate({ label, verb, children, onAct, disabled = false, mends = false, about }: DeliberateProps) {
  // Made when it is asked for: a mission has up to a thousand tasks, and each has such a button.
  const isAsked = useSignal(false);
  return (
    <>
      <button
        type="button"
        class={mends ? '' : 'danger'}
        disabled={disabled}
        aria-haspopup="dialog"
        onClick={() => (isAsked.value = true)}
      >
        {label}
        {about && <span class="unseen"> {about}</span>}
      </button>
      {isAsked.value && (
        <Second label={label} verb={verb} mends={mends} onAct={onAct} close={() => (isAsked.value = false)}>
          {children}
        </Second>
      )}
    </>
  );
}

type SecondProps = Pick<DeliberateProps, 'label' | 'verb' | 'mends' | 'children' | 'onAct'> & {
  readonly close: () => void;
};

function Second({ label, verb, mends, children, onAct, close }: SecondProps) {
  const dialog = useRef<HTMLDialogElement>(null);
  const title = useId();
  useLayoutEffect(() => dialog.current?.showModal(), []);
  // Closing the dialog itself gives the focus back to the button.
  const leave = () => dialog.current?.close();
  return (
    <dialog ref={dialog} aria-labelledby={title} onClose={close}>
      <h2 id={title}>{label}?</h2>
      <p>{children}</p>
      <div class="actions">
        <button type="button" onClick={leave}>
          Go back
        </button>
        <button
          type="button"
          class={mends ? 'primary' : 'danger'}
          onClick={() => {
            leave();
            onAct();
          }}
        >
          {verb}
        </button>
      </div>
    </dialog>
  );
}
