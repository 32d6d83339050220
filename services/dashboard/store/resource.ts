import type { MissionsError } from '@missions/client/missions-error.ts';
import { type ReadonlySignal, type Signal, signal } from '@preact/signals';
import { useLayoutEffect } from 'preact/hooks';
import { connection, onChange } from './live.ts';
import { asUser } from './session.ts';
import type { StreamEntry } from './tabs.ts';

/** Something that is read from the server, and read again when it may have changed. */
export interface Resource<T> {
  /** What was read last; undefined until the first reading. It stays while it is read anew, and when that fails. */
  readonly data: ReadonlySignal<T | undefined>;
  /** Why the last reading failed; undefined if it did not. */
  readonly error: ReadonlySignal<MissionsError | undefined>;
  /** True once a reading takes so long that a person wants to be told. */
  readonly slow: ReadonlySignal<boolean>;
  /** Reads it anew. Never throws: see `error`. */
  reload(): Promise<void>;
  /** Shows what a call has just answered, without reading it. */
  show(data: T): void;
}

interface Kept {
  readonly data: Signal<unknown>;
  readonly error: Signal<MissionsError | undefined>;
  readonly slow: Signal<boolean>;
  reading: Promise<void> | undefined;
  isStale: boolean;
  /** Components that show it. */
  users: number;
  /** Of the next reading, once an entry concerns it. */
  due: ReturnType<typeof setTimeout> | undefined;
}

/** By key, so that a view that is opened again shows at once what it showed, and reads it meanwhile. */
const kept = new Map<string, Kept>();
const MOST_KEPT = 60;
const SLOW_MS = 5_000;
/** A mission changes in bursts: all of one burst is read once. */
const DEBOUNCE_MS = 100;

function keptOf(key: string): Kept {
  const known = kept.get(key);
  if (known) return known;
  const made: Kept = {
    data: signal(undefined),
    error: signal(undefined),
    slow: signal(false),
    reading: undefined,
    isStale: false,
    users: 0,
    due: undefined,
  };
  const [oldest] = [...kept].find(([, { users }]) => users === 0) ?? [];
  if (kept.size >= MOST_KEPT && oldest !== undefined) kept.delete(oldest);
  kept.set(key, made);
  return made;
}

/** Another component shows it already: it is being read, or has been and is kept up to date. */
const isCurrent = ({ users, reading, data, error }: Kept): boolean =>
  users > 1 &&
  (reading !== undefined ||
    (data.peek() !== undefined && error.peek() === undefined && /^(connecting|live)$/.test(connection.peek())));

/** Reads once at a time; what is asked for meanwhile is read once more afterwards. */
function readInto<T>(to: Kept, read: () => Promise<T>): Promise<void> {
  to.isStale = true;
  to.reading ??= (async () => {
    while (to.isStale) {
      to.isStale = false;
      const late = setTimeout(() => (to.slow.value = true), SLOW_MS);
      try {
        to.data.value = await asUser(read);
        to.error.value = undefined;
      } catch (error) {
        to.error.value = error as MissionsError;
      } finally {
        clearTimeout(late);
        to.slow.value = false;
      }
    }
    to.reading = undefined;
  })();
  return to.reading;
}

/**
 * @param key the same for the same thing, for example the path that is read.
 * @param concerns whether an entry of the stream may have changed it.
 */
export function useResource<T>(
  key: string,
  read: () => Promise<T>,
  concerns: (entry: StreamEntry) => boolean,
): Resource<T> {
  const here = keptOf(key);
  const reload = (): Promise<void> => readInto(here, read);
  // Not after the view was painted, which is when other effects run: it has nothing to show yet.
  useLayoutEffect(() => {
    here.users += 1;
    const stop = onChange((entry) => {
      if (entry !== undefined && !concerns(entry)) return;
      here.due ??= setTimeout(() => {
        here.due = undefined;
        void reload();
      }, DEBOUNCE_MS);
    });
    if (!isCurrent(here)) void reload();
    return () => {
      here.users -= 1;
      if (here.users === 0) {
        clearTimeout(here.due);
        here.due = undefined;
      }
      stop();
    };
  }, [key]);
  return {
    data: here.data as ReadonlySignal<T | undefined>,
    error: here.error,
    slow: here.slow,
    reload,
    show: (data) => (here.data.value = data),
  };
}
