import type { ComponentChildren } from 'preact';
import { useId, useRef } from 'preact/hooks';

export interface DeliberateProps {
  readonly label: string;
  /** What the second button says. */
  readonly verb: string;
  /** What cannot be undone, in a sentence. */
  readonly children: ComponentChildren;
  readonly onAct: () => void;
  readonly disabled?: boolean;
  /** Read after the label, by those who hear the page: which of several this button is about. */
  readonly about?: string;
}

/** What cannot be undone takes two acts. The second is in a dialog of its own, which begins at the way back. */
export function Deliberate({ label, verb, children, onAct, disabled = false, about }: DeliberateProps) {
  const dialog = useRef<HTMLDialogElement>(null);
  const title = useId();
  const act = () => {
    dialog.current?.close();
    onAct();
  };
  return (
    <>
      <button
        type="button"
        class="danger"
        disabled={disabled}
        aria-haspopup="dialog"
        onClick={() => dialog.current?.showModal()}
      >
        {label}
        {about && <span class="unseen"> {about}</span>}
      </button>
      <dialog ref={dialog} aria-labelledby={title}>
        <h2 id={title}>{label}?</h2>
        <p>{children}</p>
        <div class="actions">
          <button type="button" onClick={() => dialog.current?.close()}>
            Go back
          </button>
          <button type="button" class="danger" onClick={act}>
            {verb}
          </button>
        </div>
      </dialog>
    </>
  );
}
