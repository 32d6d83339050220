import type { MissionsError } from '@missions/client/missions-error.ts';
import { useSignal } from '@preact/signals';
import type { JSX } from 'preact';
import { asUser } from '../store/session.ts';
import { announce } from './announcer.tsx';

export interface Act {
  readonly busy: boolean;
  /** One act at a time: a second press while the first is on its way does nothing. `done` is said when it is. */
  readonly run: (act: () => Promise<unknown>, done?: string) => void;
  /** Why the latest act was refused, as an alert. */
  readonly trouble: JSX.Element | null;
}

/** A write by the user, with its refusal shown where it was pressed. */
export function useAct(): Act {
  const busy = useSignal(false);
  const refused = useSignal<string | undefined>(undefined);
  const take = async (act: () => Promise<unknown>, done: string | undefined): Promise<void> => {
    if (busy.peek()) return;
    busy.value = true;
    refused.value = undefined;
    try {
      await asUser(act);
      if (done !== undefined) announce(done);
    } catch (error) {
      refused.value = reasonOf(error as Partial<MissionsError>);
    } finally {
      busy.value = false;
    }
  };
  return {
    busy: busy.value,
    run: (act, done) => void take(act, done),
    trouble:
      refused.value === undefined ? null : (
        <p role="alert" class="trouble">
          {refused.value}
        </p>
      ),
  };
}

/** In the user's words where the page knows better than the API, which speaks to programs. */
function reasonOf({ code, detail }: Partial<MissionsError>): string {
  switch (code) {
    case 'MISSION_CLOSED':
      return 'The mission has ended meanwhile: nothing was changed.';
    case 'INVALID_TRANSITION':
      return 'It has changed meanwhile, and this can no longer be done: nothing was changed.';
    case 'MISSION_NOT_FOUND':
      return 'The mission is no longer there.';
    case 'UNAUTHENTICATED':
      return 'You are signed out: nothing was changed.';
    case 'UNREACHABLE':
    case 'TIMEOUT':
      return navigator.onLine
        ? 'No answer came, so that it may or may not have been done. Look again before you repeat it.'
        : 'You are offline: nothing was sent. Try again when you are back.';
    default:
      return detail || 'It was refused, and nothing was changed.';
  }
}
