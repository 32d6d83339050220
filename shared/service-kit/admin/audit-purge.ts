import { purgeAuditEntries } from '@missions/persistence/audit/purge.ts';
import { runAdminProgram, UsageError } from '@missions/runtime/admin-program.ts';
import { auditPurgeConfig } from '../config.ts';

/**
 * `audit-purge.ts <service> …`: deletes the entries that are older than AUDIT_RETENTION_DAYS. DATABASE_URL is the
 * administrator's: the services' own logins may delete none.
 */
await runAdminProgram({}, async ({ positionals: services }) => {
  if (services.length === 0) throw new UsageError('Name the services whose old entries are to be deleted.');
  const { databaseUrl: url, days, operator } = auditPurgeConfig();
  const purged: Record<string, number> = {};
  for (const service of services) purged[service] = await purgeAuditEntries({ url, service }, { days, operator });
  return { older_than_days: days, purged };
});
