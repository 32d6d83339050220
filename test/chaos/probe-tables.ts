import { outboxTables } from '@missions/persistence/schema.ts';

/** The probe's role and schema. */
export const PROBE = 'probe';

/**
 * Beside the inbox of every service: an effect that tells when it happens twice, for nothing makes it unique but the
 * inbox, and every delivery, to know that there were duplicates to be kept out.
 */
export const probeTables = (): string[] => [
  ...outboxTables(),
  'create table effect (position bigserial primary key, event_id uuid not null)',
  'create table delivery (position bigserial primary key, event_id uuid not null)',
];
