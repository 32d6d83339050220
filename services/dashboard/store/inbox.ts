import type { UserResponseTo } from '@missions/client/user-client.ts';
import { signal, useSignalEffect } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { client } from './client.ts';
import { counts } from './counts.ts';
import { marks } from './live.ts';
import { type Resource, useResource } from './resource.ts';

export type InboxPage = UserResponseTo<'listMyInbox'>;
export type InboxItem = InboxPage['items'][number];

const FIRST = 50;
const MOST_AT_ONCE = 200;
const wanted = signal(FIRST);

/** As many items as the reader has asked for. */
async function read(): Promise<InboxPage> {
  let page = await client.listMyInbox({ limit: Math.min(MOST_AT_ONCE, wanted.value) });
  while (page.next_cursor !== null && page.items.length < wanted.value) {
    const next = await client.listMyInbox({ limit: MOST_AT_ONCE, cursor: page.next_cursor });
    // One that becomes less pressing meanwhile is on both pages.
    const items = new Map([...page.items, ...next.items].map((item) => [item.id, item]));
    page = { ...next, items: [...items.values()] };
  }
  return page;
}

/** The inbox, read again whenever anything changes. */
export const useInbox = (): Resource<InboxPage> => useResource<InboxPage>('inbox', read, () => true);

const LONGEST_TIMER_MS = 2 ** 31 - 1;

/** Reads the inbox on every view: the navigation and the title of the tab show its counts. */
export function InboxReader() {
  const { data, reload } = useInbox();
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

/** Of the next reading. */
export function wantMore(): void {
  wanted.value *= 4;
}
