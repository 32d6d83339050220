import { defineEntity, p } from '@mikro-orm/core';
import { closedOwnerByNameTrigger, closedOwnerTrigger } from '@missions/persistence/holdings/closed-owners.ts';

/** The recipients of a day's mail (`mail-limits.ts`); the name is '' for the whole customer. */
const MailDaySchema = defineEntity({
  name: 'MailDay',
  tableName: 'mail_day',
  triggers: [closedOwnerTrigger, closedOwnerByNameTrigger],
  properties: {
    customer_id: p.text().primary(),
    scope: p.text().primary(),
    name: p.text().primary(),
    day: p.date().primary().index('mail_day_day'),
    recipients: p.integer(),
  },
});
class MailDayEntity extends MailDaySchema.class {}
MailDaySchema.setClass(MailDayEntity);

/** When an e-mail was last followed up. */
const MailFollowUpSchema = defineEntity({
  name: 'MailFollowUp',
  tableName: 'mail_follow_up',
  triggers: [closedOwnerTrigger],
  properties: {
    customer_id: p.text().primary(),
    tracking_id: p.uuid().primary(),
    at: p.datetime(3).index('mail_follow_up_at'),
  },
});
class MailFollowUpEntity extends MailFollowUpSchema.class {}
MailFollowUpSchema.setClass(MailFollowUpEntity);

/** The quotas of a customer, null where there is none, and what is used of those that are counted (`quotas.ts`). */
const CustomerQuotaSchema = defineEntity({
  name: 'CustomerQuota',
  tableName: 'customer_quota',
  triggers: [closedOwnerTrigger],
  properties: {
    customer_id: p.text().primary(),
    missions: p.integer().nullable(),
    questions: p.integer().nullable(),
    mail: p.integer().nullable(),
    storage: p.bigint().nullable(),
    missions_used: p.integer().nullable(),
    storage_used: p.bigint().nullable(),
  },
});
class CustomerQuotaEntity extends CustomerQuotaSchema.class {}
CustomerQuotaSchema.setClass(CustomerQuotaEntity);

export const limitEntities = [MailDayEntity, MailFollowUpEntity, CustomerQuotaEntity];
