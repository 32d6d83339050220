import { byOperator } from '@missions/contracts/audit.ts';
import { isUuid, newId } from '@missions/runtime/id.ts';
import { createLogger } from '@missions/runtime/logger.ts';
import { UsageError, runAdminProgram, AdminFailure } from '@missions/runtime/admin-program.ts';
import { openKeyDatabase } from '../keys/database.ts';
import { createKey, faultOfNames, listKeys, revokeKey, TooManyKeys } from '../keys/manage.ts';
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
  /** Accepted for symmetry with the CLI; the output is always JSON. */
  json: { type: 'boolean', default: false },
} as const;

type Values = { customer?: string; agent?: string; user?: string[]; label?: string };
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
  { customer, agent, user, label }: Values,
): (db: Keys) => Promise<unknown> {
  switch (verb) {
    case 'create': {
      if (!customer || !agent) throw new UsageError('Say whose key: keys create --customer <id> --agent <id>');
      if (label?.trim() === '') throw new UsageError('Leave --label out, or say what the key is for.');
      const key = { customer_id: customer, agent_id: agent, users: user ?? null, label: label ?? '' };
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
        if (!(await revokeKey(db, id.toLowerCase(), new Date(), byOperator(operatorName()))))
          throw new AdminFailure(`There is no live key ${id}.`, { id, revoked: false });
        return { id, revoked: true };
      };
    }
    default:
      throw new UsageError('keys create, list or revoke.');
  }
}

async function create(db: Keys, key: Parameters<typeof createKey>[1]): Promise<{ id: string; key: string }> {
  const id = newId();
  try {
    return { id, key: await createKey(db, key, id, new Date(), byOperator(operatorName())) };
  } catch (error) {
    throw error instanceof TooManyKeys ? new AdminFailure(error.message) : error;
  }
}
