import type { UserResponseTo } from '@missions/client/user-client.ts';
import { signal, useSignalEffect } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { client } from './client.ts';
import { counts } from './counts.ts';
import { marks } from './live.ts';
import { type Resource, useResource } from './resource.ts';

export type InboxPage = UserResponseTo<'listMyInbox'>;
export type InboxItem = InboxPage['items'][number];

const PAGE = 50;
const MOST = 200;
const limit = signal(PAGE);

const read = (): Promise<InboxPage> => client.listMyInbox({ limit: limit.value });

/** The inbox as it was read last; `InboxReader` reads it whenever anything changes. */
export const useInbox = (): Resource<InboxPage> => useResource<InboxPage>('inbox', read, () => false);

const LONGEST_TIMER_MS = 2 ** 31 - 1;

/** Reads the inbox on every view: the navigation and the title of the tab show its counts. */
export function InboxReader() {
  const { data, reload } = useResource<InboxPage>('inbox', read, () => true);
  useSignalEffect(() => {
    if (data.value) counts.value = data.value.counts;
  });
  useSignalEffect(() => {
    if (marks.value > 0) void reload();
  });
  const wakesAt = data.value?.wakes_at;
  useEffect(() => {
    if (!wakesAt) return undefined;
    const later = Math.max(1_000, Date.parse(wakesAt) - Date.now());
    const timer = setTimeout(() => void reload(), Math.min(LONGEST_TIMER_MS, later));
    return () => clearTimeout(timer);
  }, [wakesAt]);
  return null;
}

/** @returns whether that is all that the page shows at once. */
export function readMore(): boolean {
  limit.value = Math.min(MOST, limit.value + PAGE);
  return limit.value === MOST;
}
