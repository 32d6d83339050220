import { type Static, Type } from 'typebox';
import { urgencies } from '../approval/input-request.ts';
import { closed, Cursor, Identifier, Nullable, Time, Title, Uuid } from '../fields.ts';
import { defineRequest } from '../request.ts';
import { attentions, INBOX_HINT } from './vocabulary.ts';

/** The inbox of a user (specification section 5): what waits for the user, one definition for the list and every badge. */
export const inboxGroups = ['answer', 'look_at', 'ending'] as const;
export type InboxGroup = (typeof inboxGroups)[number];

export const MAX_SNOOZE_DAYS = 90;

/** Names an item for as long as it stands; the same thing that comes back has the same id. */
const ItemId = Type.String({ minLength: 1, maxLength: 200, description: "the item's id, as the inbox shows it" });

export const InboxItem = Type.Object(
  {
    id: ItemId,
    kind: Type.Enum([...attentions]),
    group: Type.Enum([...inboxGroups]),
    mission: Type.Object({ id: Uuid, title: Title }),
    of_user_id: Type.Optional(
      Type.String({ description: "whose mission it is, if another's: of a question that you may answer as well" }),
    ),
    on_behalf_of: Type.Optional(
      Type.String({ description: 'who has asked you to answer for them, of a question that does not ask you' }),
    ),
    task_id: Type.Optional(Uuid),
    request_id: Type.Optional(
      Type.String({ format: 'uuid', description: 'the question, of `question` and `unanswered`' }),
    ),
    summary: Type.String({ description: 'text of agents and strangers may be in it' }),
    since: Time,
    until: Type.Optional(
      Type.String({ format: 'date-time', description: 'until when something can be done about it' }),
    ),
    agent_id: Type.Optional(Identifier),
    urgency: Type.Optional(Type.Enum([...urgencies], { description: 'of a question' })),
    seen_at: Type.Optional(
      Type.String({ format: 'date-time', description: 'absent if it has changed since it was seen' }),
    ),
    snoozed_until: Type.Optional(Type.String({ format: 'date-time', description: 'only with `snoozed=true`' })),
  },
  { $id: 'InboxItem' },
);
export type InboxItem = Static<typeof InboxItem>;

const Count = Type.Integer({ minimum: 0 });

export const InboxPage = Type.Object(
  {
    items: Type.Array(InboxItem),
    counts: Type.Object(
      { answer: Count, look_at: Count, ending: Count },
      {
        description: 'of the whole inbox, whatever page or group is asked for; items that are snoozed are not counted',
      },
    ),
    wakes_at: Nullable(Type.String({ format: 'date-time', description: 'when the first snoozed item comes back' })),
    next_cursor: Nullable(Type.String()),
  },
  { $id: 'InboxPage' },
);
export type InboxPage = Static<typeof InboxPage>;

export const InboxFilter = Type.Object(
  {
    group: Type.Optional(Type.Enum([...inboxGroups], { description: 'only items of this group' })),
    snoozed: Type.Optional(Type.Boolean({ description: 'those that are snoozed, instead of those that are not' })),
    limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 200 })),
    cursor: Type.Optional(Cursor),
  },
  closed,
);
export type InboxFilter = Static<typeof InboxFilter>;

/** An item by its id, or as the inbox has shown it. */
const NamedItem = Type.Union([ItemId, Type.Object({ id: ItemId })]);
export type NamedItem = Static<typeof NamedItem>;
export const idOfItem = (item: NamedItem): string => (typeof item === 'string' ? item : item.id);

export const MarkSeen = Type.Object(
  {
    items: Type.Array(NamedItem, { minItems: 1, maxItems: 200 }),
    seen: Type.Optional(Type.Boolean({ description: 'default true; false: as if they had not been seen' })),
  },
  closed,
);
export const SnoozeItem = Type.Object(
  {
    item: NamedItem,
    until: Type.String({
      format: 'date-time',
      description: `in the future, at most ${MAX_SNOOZE_DAYS} days from now; e.g. 2027-01-31T09:00:00Z`,
    }),
  },
  closed,
);

/** The items that a call was about, as they are now: without those that are over meanwhile. */
export const InboxItems = Type.Object({ items: Type.Array(InboxItem) }, { $id: 'InboxItems' });

/** Whose questions the caller's user answers as well, as the approval service says (specification section 8 "Delegation"). */
const beside = { delegators: Type.Optional(Type.Array(Identifier)) };
export const readInbox = defineRequest(
  'mission',
  'inbox',
  Type.Object({ ...InboxFilter.properties, ...beside }),
  InboxPage,
);
export const markSeen = defineRequest(
  'mission',
  'inbox_seen',
  Type.Object({ ...MarkSeen.properties, ...beside }),
  InboxItems,
);
export const snoozeItem = defineRequest(
  'mission',
  'inbox_snooze',
  Type.Object({ ...SnoozeItem.properties, ...beside }),
  InboxItems,
);
/** The notification that items of a user were seen or snoozed, on whichever device. */
export const inboxNotification = { type: INBOX_HINT } as const;
