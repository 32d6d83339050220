import { signal } from '@preact/signals';

/** The time, once a minute: relative times on the page are reckoned by it. */
export const now = signal(Date.now());
setInterval(() => (now.value = Date.now()), 60_000);
