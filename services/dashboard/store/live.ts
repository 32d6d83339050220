import { isCode } from '@missions/client/missions-error.ts';
import { effect, signal } from '@preact/signals';
import { client } from './client.ts';
import { learnWhoIAm, session } from './session.ts';
import { onTold, type StreamEntry, tell } from './tabs.ts';

/**
 * What has changed, as it happens. One tab of the browser holds the one stream and tells the others; when it goes, the
 * next takes over: browsers allow six connections to one address, which seven tabs with a stream each would use up.
 *
 *     lock of this browser → stream → entries → this tab, and by the channel the others
 */
export const connection = signal<'connecting' | 'live' | 'lost' | 'offline'>('connecting');

/** Grows when items of the inbox were seen or put off: that is no entry of the stream. */
export const marks = signal(0);

type Listener = (entry: StreamEntry | undefined) => void;
const listeners = new Set<Listener>();

/**
 * @param listener gets each entry, and undefined when entries may have been missed: then everything is to be read anew.
 * @returns ends it.
 */
export function onChange(listener: Listener): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

const notify = (entry: StreamEntry | undefined): void => {
  for (const listener of listeners) listener(entry);
};

/**
 * A tab has opened the stream. What changed before is not in it, so it is read again: a view's first reading does not
 * wait for the stream, and a tab that takes over does not know what the one before it had told last.
 */
const isOpened = (): void => {
  connection.value = 'live';
  notify(undefined);
};
/** Another tab holds the stream and has told this one what came, since this one listens. */
const isLive = (): void => {
  const wasMissing = connection.value !== 'live' && connection.value !== 'connecting';
  connection.value = 'live';
  if (wasMissing) notify(undefined);
};
const isLost = (): void => {
  connection.value = navigator.onLine ? 'lost' : 'offline';
};

let streaming = new AbortController();

async function holdStream(): Promise<void> {
  streaming = new AbortController();
  const entries = client.streamMyEvents({
    signal: streaming.signal,
    silenceMs: 45_000,
    onOpen: () => {
      isOpened();
      tell({ kind: 'opened' });
    },
    onInbox: () => {
      marks.value += 1;
      tell({ kind: 'marked' });
    },
    onLost: () => {
      isLost();
      tell({ kind: 'connection', state: 'lost' });
    },
  });
  for await (const entry of entries) {
    notify(entry);
    tell({ kind: 'entry', entry });
  }
}

/** Holds the stream whenever nobody else of this browser does, for as long as the session is open. */
async function lead(): Promise<void> {
  for (;;) {
    await opened();
    try {
      await holdStream();
    } catch (error) {
      isLost();
      if (streaming.signal.aborted) continue;
      if (isCode(error, 'UNAUTHENTICATED')) await learnWhoIAm();
      else await new Promise((resolve) => setTimeout(resolve, 5_000));
    }
  }
}

const opened = (): Promise<void> =>
  new Promise((resolve) => {
    const stop = effect(() => {
      if (session.value !== 'open') return;
      queueMicrotask(() => stop());
      resolve();
    });
  });

let isLeader = false;

/** Starts to listen; called once. */
export function listen(): void {
  onTold((message) => {
    if (message.kind === 'entry') notify(message.entry);
    else if (message.kind === 'marked') marks.value += 1;
    else if (message.kind === 'opened') isOpened();
    else if (message.kind === 'connection' && message.state === 'live') isLive();
    else if (message.kind === 'connection') isLost();
    else if (message.kind === 'who knows' && isLeader && connection.value === 'live')
      tell({ kind: 'connection', state: 'live' });
    else if (message.kind === 'signed out') location.assign('/sign-in');
  });
  const take = (): Promise<void> => {
    isLeader = true;
    return lead();
  };
  // Where there are no locks (a page that is not of https nor of this machine), each tab has a stream of its own.
  if (navigator.locks) void navigator.locks.request('missions-stream', take);
  else void take();
  tell({ kind: 'who knows' });

  addEventListener('offline', () => (connection.value = 'offline'));
  addEventListener('online', () => {
    connection.value = 'lost';
    tell({ kind: 'who knows' });
    notify(undefined);
    // A connection from before may be dead without knowing it.
    streaming.abort();
  });
  document.addEventListener('visibilitychange', () => {
    if (document.visibilityState !== 'visible') return;
    // Tabs that slept have missed entries, and perhaps that somebody signed in or out.
    void learnWhoIAm();
    notify(undefined);
  });
}
