import { signal } from '@preact/signals';

/** How much waits for the user, as the server counts it: for the navigation, and for the title of the tab. */
export const counts = signal<
  { readonly answer: number; readonly look_at: number; readonly ending: number } | undefined
>(undefined);
