import { byOperator } from '@missions/contracts/audit.ts';
import { createLogger } from '@missions/runtime/logger.ts';
import { runAdminProgram, UsageError } from '@missions/runtime/admin-program.ts';
import { customerAdminConfig, operatorName } from '@missions/service-kit/config.ts';
import { openKeyDatabase } from '../keys/database.ts';
import { faultOfName } from '../keys/manage.ts';
import { CODE_MINUTES, createCode } from '../sessions/codes.ts';

/** `--user <id> [--customer <id>]`: a one-time code, by which that user signs in. It is shown once. */
const options = {
  user: { type: 'string' },
  customer: { type: 'string' },
  /** Accepted for symmetry with the CLI; the output is always JSON. */
  json: { type: 'boolean', default: false },
} as const;

await runAdminProgram(options, async ({ values: { user, customer }, positionals }) => {
  if (user === undefined || positionals.length > 0)
    throw new UsageError('Say who signs in: sign-in --user <id> [--customer <id>]');
  const { databaseUrl, defaultCustomerId } = customerAdminConfig();
  const whom = { customer_id: customer ?? defaultCustomerId, user_id: user };
  const fault = faultOfName('customer', whom.customer_id) ?? faultOfName('user', user);
  if (fault !== undefined) throw new UsageError(fault);
  const db = await openKeyDatabase(databaseUrl, createLogger({ service: 'operator', level: 'error' }));
  try {
    return { ...whom, code: await createCode(db, whom, byOperator(operatorName())), minutes: CODE_MINUTES };
  } finally {
    await db.close();
  }
});
