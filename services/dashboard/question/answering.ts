import { UserClient } from '@missions/client/user-client.ts';
import { client } from '../store/client.ts';
import { asUser } from '../store/session.ts';
import { Answers } from './answers.ts';

/** For calls that outlive the page which makes them. */
const lasting = new UserClient({
  baseUrl: location.origin,
  credential: undefined,
  fetch: (url, init) => fetch(url, { ...init, keepalive: true }),
});

/** The answers of this tab. */
export const answers = new Answers({
  send: (requestId, answer, { idempotencyKey, isLeaving }) =>
    asUser(() => (isLeaving ? lasting : client).respondToInputRequest(requestId, answer, { idempotencyKey })),
  isOnline: () => navigator.onLine,
  after: (ms, then) => {
    const timer = setTimeout(then, ms);
    return () => clearTimeout(timer);
  },
  newKey: () => Array.from(crypto.getRandomValues(new Uint32Array(4)), (part) => part.toString(36)).join(''),
});

addEventListener('pagehide', () => answers.leave());
