import { integer, oneOf } from '@missions/runtime/config.ts';
import { answerKey, serviceConfig } from '@missions/service-kit/config.ts';

export const missionConfig = serviceConfig({
  answerKey,
  /** Off only to measure what the relay costs. */
  relay: oneOf('RELAY', ['on', 'off'], { default: 'on' }),
  /** The recipients whom the mail of one user may reach in a day (UTC). */
  mailRecipientsPerDay: integer('MAIL_RECIPIENTS_PER_DAY', { default: 200, min: 1, max: 1_000_000 }),
  /** The same for the mail of one agent, whatever its users, and for that of a whole customer. */
  mailRecipientsPerDayOfAgent: integer('MAIL_RECIPIENTS_PER_DAY_AGENT', { optional: true, min: 1, max: 10_000_000 }),
  mailRecipientsPerDayOfCustomer: integer('MAIL_RECIPIENTS_PER_DAY_CUSTOMER', {
    optional: true,
    min: 1,
    max: 10_000_000,
  }),
});
export type MissionConfig = ReturnType<typeof missionConfig>;
