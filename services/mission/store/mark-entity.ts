import { defineEntity, p } from '@mikro-orm/core';
import { closedOwnerTrigger } from '@missions/persistence/holdings/closed-owners.ts';

/**
 * What a delegate has seen or put off of somebody else's items, whose own row stays as that user has left it: as in
 * `inbox_item`, seen and snoozed hold for the `revision` that was marked. It goes with its mission.
 */
const InboxMarkSchema = defineEntity({
  name: 'InboxMark',
  tableName: 'inbox_mark',
  triggers: [closedOwnerTrigger],
  properties: {
    mission_id: p.uuid().primary(),
    key: p.text().primary(),
    user_id: p.text().primary(),
    customer_id: p.text(),
    seen_at: p.datetime(3).nullable(),
    seen_revision: p.integer().nullable(),
    snoozed_until: p.datetime(3).nullable(),
    snoozed_revision: p.integer().nullable(),
  },
  indexes: [{ name: 'inbox_mark_of_user', properties: ['customer_id', 'user_id'] }],
});
export class InboxMarkEntity extends InboxMarkSchema.class {}
InboxMarkSchema.setClass(InboxMarkEntity);
