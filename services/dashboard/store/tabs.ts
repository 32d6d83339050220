import type { UserResponseTo } from '@missions/client/user-client.ts';

/** What the tabs of one browser tell each other. */
export type TabMessage =
  | { readonly kind: 'entry'; readonly entry: StreamEntry }
  /** The stream, by this tab: entries from before may have reached none. */
  | { readonly kind: 'opened' }
  | { readonly kind: 'connection'; readonly state: 'live' | 'lost' }
  /** Something in the inbox was seen or put off, here or on another device. */
  | { readonly kind: 'marked' }
  | { readonly kind: 'who knows' }
  | { readonly kind: 'signed out' };

/** One entry of the user's stream. */
export type StreamEntry = UserResponseTo<'streamMyEvents'>;

const channel = new BroadcastChannel('missions');

/** To the other tabs. */
// oxlint-disable-next-line unicorn/require-post-message-target-origin -- a channel of this origin, not a window
export const tell = (message: TabMessage): void => channel.postMessage(message);

export const onTold = (listener: (message: TabMessage) => void): void =>
  channel.addEventListener('message', ({ data }: MessageEvent<TabMessage>) => listener(data));
