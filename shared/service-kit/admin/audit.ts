import { auditActions } from '@missions/contracts/audit.ts';
import { listAuditEntries } from '@missions/persistence/audit/list.ts';
import { runAdminProgram, UsageError, wholeNumber } from '@missions/runtime/admin-program.ts';
import { isUuid } from '@missions/runtime/id.ts';
import { adminConfig } from '../config.ts';

const options = {
  customer: { type: 'string' },
  user: { type: 'string' },
  mission: { type: 'string' },
  action: { type: 'string' },
  since: { type: 'string' },
  until: { type: 'string' },
  before: { type: 'string' },
  limit: { type: 'string', default: '50' },
} as const;

/** `audit.ts <service> [--customer <id>] …`: the audit record of that service, newest first. */
await runAdminProgram(options, async ({ values, positionals: [service] }) => {
  if (service === undefined) throw new UsageError('Name the service whose record is to be shown.');
  const { customer, user, mission, action, limit } = values;
  if (mission !== undefined && !isUuid(mission)) throw new UsageError('--mission must be the id of a mission.');
  if (action !== undefined && !auditActions.some((one) => one === action))
    throw new UsageError(`--action must be one of ${auditActions.join(', ')}.`);
  const filter = {
    customer,
    user,
    mission: mission?.toLowerCase(),
    action,
    since: time('--since', values.since),
    until: time('--until', values.until),
    before: position(values.before),
    limit: wholeNumber('--limit', limit, 1),
  };
  return await listAuditEntries({ url: adminConfig().databaseUrl, service }, filter);
});

function time(name: string, text: string | undefined): string | undefined {
  if (text === undefined) return undefined;
  const at = Date.parse(text);
  if (Number.isNaN(at)) throw new UsageError(`${name} must be a time, e.g. 2026-12-31T12:00:00Z.`);
  return new Date(at).toISOString();
}

function position(text: string | undefined): { at: string; id: string } | undefined {
  if (text === undefined) return undefined;
  const [at = '', id = '', ...more] = text.split('/');
  if (Number.isNaN(Date.parse(at)) || !isUuid(id) || more.length > 0)
    throw new UsageError('--before must be a position that an earlier page has named: <time>/<id>.');
  return { at, id };
}
