import type { Signal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import { now } from '../store/clock.ts';
import type { InboxItem } from '../store/inbox.ts';
import { me } from '../store/session.ts';
import { absoluteTime } from '../text/time.ts';
import { putOffChoices } from './choices.ts';
import { markFailure, putOff } from './marks.ts';

interface PutOffProps {
  /** The item about which is asked, if any. */
  readonly item: Signal<InboxItem | undefined>;
  readonly onDone: () => void;
}

/** Asks until when an item is put off. */
export function PutOff({ item, onDone }: PutOffProps) {
  const ref = useRef<HTMLDialogElement>(null);
  const chosen = item.value;
  useEffect(() => {
    if (chosen && ref.current && !ref.current.open) ref.current.showModal();
    if (!chosen && ref.current?.open) ref.current.close();
  }, [chosen]);
  const zone = me.value?.time_zone ?? undefined;
  const choose = async (until: string): Promise<void> => {
    if (!chosen || !(await putOff(chosen, until))) return;
    item.value = undefined;
    onDone();
  };
  return (
    <dialog ref={ref} aria-labelledby="put-off" onClose={() => (item.value = undefined)}>
      <h2 id="put-off">Put off until</h2>
      <p class="quiet">It comes back at that time, or earlier if anything about it changes.</p>
      <ul class="choices">
        {putOffChoices(now.value, zone).map(({ name, until }) => (
          <li key={name}>
            <button type="button" onClick={() => void choose(until)}>
              {name} <span class="quiet">{absoluteTime(until, zone === undefined ? {} : { zone })}</span>
            </button>
          </li>
        ))}
      </ul>
      <p role="status">{markFailure.value}</p>
      <button type="button" class="plain" onClick={() => (item.value = undefined)}>
        Leave it
      </button>
    </dialog>
  );
}
