import { MissionsError } from '@missions/client/missions-error.ts';
import type { UserResponseTo } from '@missions/client/user-client.ts';
import { signal } from '@preact/signals';
import { client } from './client.ts';
import { tell } from './tabs.ts';

export type Me = UserResponseTo<'getMe'>;

/** Who is signed in; undefined until that is known. */
export const me = signal<Me | undefined>(undefined);

/**
 * `unknown` until the first call was answered; `over` when a session that this page was using has ended: what is on the
 * page stays, and a dialog asks to sign in again.
 */
export const session = signal<'unknown' | 'open' | 'over'>('unknown');

/** Every call of the page goes through here, so that the end of the session is noticed wherever it shows first. */
export async function asUser<T>(call: () => Promise<T>): Promise<T> {
  try {
    const result = await call();
    session.value = 'open';
    return result;
  } catch (error) {
    if (error instanceof MissionsError && error.status === 401) {
      if (session.value === 'unknown') goToSignIn();
      else session.value = 'over';
    }
    throw error;
  }
}

/** Finds out who is signed in, if anybody is. */
export async function learnWhoIAm(): Promise<void> {
  try {
    const known = await asUser(() => client.getMe());
    // Somebody else has signed in meanwhile, in another tab: nothing of the former user may stay on the page.
    const before = me.value;
    if (before && (before.user_id !== known.user_id || before.customer_id !== known.customer_id))
      return location.reload();
    me.value = known;
  } catch (error) {
    if (!(error instanceof MissionsError)) throw error;
  }
}

/**
 * Ends the session, here and in every other tab, and the messages on this device. What was typed and not sent is kept for
 * the same browser tab.
 */
export async function signOut(): Promise<void> {
  // Loaded here alone. It must not keep anybody signed in.
  await import('../push/this-device.ts').then(({ turnOffIfOn }) => turnOffIfOn()).catch(() => {});
  const response = await fetch('/auth/sign-out', { method: 'POST' });
  if (!response.ok && response.status !== 401) throw new Error('You could not be signed out. Try again in a moment.');
  tell({ kind: 'signed out' });
  const { end_session_url } = (response.status === 200 ? await response.json() : {}) as { end_session_url?: string };
  location.assign(end_session_url ?? '/sign-in');
}

function goToSignIn(): void {
  const here = new URLSearchParams({ return_to: `${location.pathname}${location.search}` });
  location.replace(`/sign-in?${here.toString()}`);
}
