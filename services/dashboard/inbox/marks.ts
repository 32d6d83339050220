import { MissionsError } from '@missions/client/missions-error.ts';
import { signal } from '@preact/signals';
import { client } from '../store/client.ts';
import type { InboxItem } from '../store/inbox.ts';
import { asUser } from '../store/session.ts';

/** Why a mark could not be kept; it is gone with the next that could. */
export const markFailure = signal('');

/** Until when items were put off from this tab, by id: for the rows that stay in their place. */
export const putOffUntil = signal<Readonly<Record<string, string>>>({});

/** @returns whether it is kept. */
export const markSeen = (item: InboxItem): Promise<boolean> =>
  item.seen_at === undefined ? kept(() => client.markInboxSeen([item.id])) : Promise.resolve(false);

/** Takes back that it was seen. @returns whether that is kept. */
export const markNew = (item: InboxItem): Promise<boolean> =>
  item.seen_at === undefined ? Promise.resolve(false) : kept(() => client.unmarkInboxSeen([item.id]));

/** @returns whether it is kept. */
export async function putOff(item: InboxItem, until: string): Promise<boolean> {
  if (!(await kept(() => client.snoozeInboxItem(item.id, until)))) return false;
  putOffUntil.value = { ...putOffUntil.value, [item.id]: until };
  return true;
}

async function kept(call: () => Promise<unknown>): Promise<boolean> {
  try {
    if (!navigator.onLine) throw new Error('You are offline. Nothing was changed.');
    await asUser(call);
    markFailure.value = '';
    return true;
  } catch (error) {
    markFailure.value = error instanceof MissionsError ? error.detail : (error as Error).message;
    return false;
  }
}
