import { byOperator } from '@missions/contracts/audit.ts';
import type { KeyScope } from '@missions/contracts/key-scopes.ts';
import { isUuid, newId } from '@missions/runtime/id.ts';
import { createLogger } from '@missions/runtime/logger.ts';
import { UsageError, runAdminProgram, AdminFailure } from '@missions/runtime/admin-program.ts';
import { openKeyDatabase } from '../keys/database.ts';
import { createKey, faultOfNames, listKeys, type NewKey, NoSuchEnd, revokeKey, TooManyKeys } from '../keys/manage.ts';
import { adminConfig, operatorName } from '@missions/service-kit/config.ts';

/**
 * `create --customer <id> --agent <id>`, `list`, `revoke <id>`: agents' keys. A key is shown once, when it is created.
 */
const options = {
  customer: { type: 'string' },
  agent: { type: 'string' },
  /** Without `--user` the key may name every user of its customer. */
  user: { type: 'string', multiple: true },
  label: { type: 'string' },
  /** `missions,ask`; without it the key may do all that agents do. */
  scopes: { type: 'string' },
  /** `90d`, `12h`, or a time (RFC 3339); without it the key ends when it is revoked. */
  expires: { type: 'string' },
  /** Accepted for symmetry with the CLI; the output is always JSON. */
  json: { type: 'boolean', default: false },
} as const;

const SECONDS = { d: 86_400, h: 3_600, m: 60 } as const;
type Values = { customer?: string; agent?: string; user?: string[]; label?: string; scopes?: string; expires?: string };
type Keys = Awaited<ReturnType<typeof openKeyDatabase>>;

await runAdminProgram(options, async ({ values, positionals: [verb, id] }) => {
  const act = action(verb, id, values);
  const db = await openKeyDatabase(adminConfig().databaseUrl, createLogger({ service: 'operator', level: 'error' }));
  try {
    return await act(db);
  } finally {
    await db.close();
  }
});

/** Checks the call before anything is connected. */
function action(
  verb: string | undefined,
  id: string | undefined,
  { customer, agent, user, label, scopes, expires }: Values,
): (db: Keys) => Promise<unknown> {
  switch (verb) {
    case 'create': {
      if (!customer || !agent) throw new UsageError('Say whose key: keys create --customer <id> --agent <id>');
      if (label?.trim() === '') throw new UsageError('Leave --label out, or say what the key is for.');
      const key: NewKey = {
        customer_id: customer,
        agent_id: agent,
        users: user ?? null,
        label: label ?? '',
        scopes: scopes === undefined ? null : ([...new Set(scopes.split(',').map((it) => it.trim()))] as KeyScope[]),
        expires: expires === undefined ? null : endOf(expires),
      };
      const fault = faultOfNames(key);
      if (fault !== undefined) throw new UsageError(fault);
      return (db) => create(db, key);
    }
    case 'list':
      return (db) => listKeys(db, customer);
    case 'revoke': {
      if (id === undefined || !isUuid(id))
        throw new UsageError('keys revoke <id>, where the id is the UUID of a key, as keys list shows it.');
      return async (db) => {
        if (!(await revokeKey(db, id.toLowerCase(), byOperator(operatorName()))))
          throw new AdminFailure(`There is no live key ${id}.`, { id, revoked: false });
        return { id, revoked: true };
      };
    }
    default:
      throw new UsageError('keys create, list or revoke.');
  }
}

/** @returns seconds from now, or a time. @throws UsageError */
function endOf(text: string): number | Date {
  const [, count, unit] = /^([1-9]\d{0,5})([dhm])$/.exec(text) ?? [];
  if (count !== undefined) return Number(count) * SECONDS[unit as keyof typeof SECONDS];
  const at = new Date(text);
  if (!/^\d{4}-\d\d-\d\d/.test(text) || Number.isNaN(at.getTime()))
    throw new UsageError('--expires takes 90d, 12h or 30m from now, or a time such as 2027-03-31T18:00:00Z.');
  return at;
}

async function create(db: Keys, key: NewKey): Promise<{ id: string; key: string }> {
  const id = newId();
  try {
    return { id, key: await createKey(db, key, id, byOperator(operatorName())) };
  } catch (error) {
    throw error instanceof TooManyKeys || error instanceof NoSuchEnd ? new AdminFailure(error.message) : error;
  }
}
