import { InboxFilter, InboxItems, InboxPage, MarkSeen, SnoozeItem } from '../mission/inbox.ts';
import { operation } from './operation.ts';

/** What waits for the user (specification section 5). */
const inbox = '/api/v1/inbox';
const tag = 'for users';

export const listMyInbox = operation({
  id: 'listMyInbox',
  method: 'get',
  path: inbox,
  tag,
  summary: 'Everything that waits for me, the most pressing first',
  description: `By urgency, then by the nearest deadline, then the oldest. An item exists only while somebody can act on it.`,
  query: InboxFilter,
  response: InboxPage,
  status: 200,
  refusals: [],
});

export const markInboxSeen = operation({
  id: 'markInboxSeen',
  method: 'post',
  path: `${inbox}/seen`,
  tag,
  summary: 'Mark items as seen, or as not seen, on all my devices',
  description: 'An item that is over is no mistake. With an id that never was one of mine, nothing is marked.',
  body: MarkSeen,
  response: InboxItems,
  status: 200,
  refusals: ['NOT_FOUND'],
});

export const snoozeInboxItem = operation({
  id: 'snoozeInboxItem',
  method: 'post',
  path: `${inbox}/snooze`,
  tag,
  summary: 'Put an item off, on all my devices',
  description: 'It comes back at that time, and at once when what it is about changes.',
  body: SnoozeItem,
  response: InboxItems,
  status: 200,
  refusals: ['NOT_FOUND'],
});

export const inboxOperations = [listMyInbox, markInboxSeen, snoozeInboxItem] as const;
