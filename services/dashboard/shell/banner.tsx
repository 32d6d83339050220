import { useSignal, useSignalEffect } from '@preact/signals';
import { connection } from '../store/live.ts';

const texts = {
  lost: 'No news from the server: what you see may be old. The page connects again by itself.',
  offline: 'You are offline. You can read on; nothing can be sent until you are connected again.',
} as const;

/** How long the loss of a connection is nobody's business: it is usually made again in this time. */
const QUIET_MS = 5_000;

/** Says that the page does not hear from the server, when that lasts. */
export function Banner() {
  const said = useSignal<keyof typeof texts | undefined>(undefined);
  useSignalEffect(() => {
    const state = connection.value;
    if (state !== 'lost' && state !== 'offline') {
      said.value = undefined;
      return undefined;
    }
    const later = setTimeout(() => (said.value = state), state === 'offline' ? 0 : QUIET_MS);
    return () => clearTimeout(later);
  });
  return (
    <div role="status" class="banner-place">
      {said.value && <p class="banner">{texts[said.value]}</p>}
    </div>
  );
}
