import { outboxTables } from '@missions/persistence/schema.ts';

/** The probe's role and schema. */
export const PROBE = 'probe';

/**
 * Tables beside the usual inbox: effects, which only the inbox protects from duplicates, and deliveries, which show
 * that there were duplicates to suppress.
 */
export const probeTables = (): string[] => [
  ...outboxTables(),
  'create table effect (position bigserial primary key, event_id uuid not null)',
  'create table delivery (position bigserial primary key, event_id uuid not null)',
];
