import { useEffect, useRef } from 'preact/hooks';

interface ConfirmProps {
  readonly label: string;
  readonly onConfirm: () => void;
  readonly onBack: () => void;
}

/** The second deliberate act, before what cannot be undone. */
export function Confirm({ label, onConfirm, onBack }: ConfirmProps) {
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => heading.current?.focus(), []);
  return (
    <section aria-labelledby="confirm" class="confirming">
      <h3 id="confirm" ref={heading} tabIndex={-1}>
        This cannot be undone
      </h3>
      <p>
        Read once more what will be done, above. Then confirm <bdi class="says">{label}</bdi>, or go back.
      </p>
      <p class="actions">
        <button type="button" class="danger" onClick={onConfirm}>
          Confirm: this cannot be undone
        </button>
        <button type="button" onClick={onBack}>
          Go back
        </button>
      </p>
    </section>
  );
}
