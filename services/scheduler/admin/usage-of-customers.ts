import { standaloneTransaction } from '@missions/persistence/standalone-transaction.ts';
import { runAdminProgram } from '@missions/runtime/admin-program.ts';
import { adminConfig } from '@missions/service-kit/config.ts';
import { usageOfCustomers } from '../runs/store/inspect-usage.ts';

/** `usage-of-customers.ts <customer> …`: what the agents of these customers have used today (UTC). */
await runAdminProgram({}, ({ positionals }) =>
  standaloneTransaction({ url: adminConfig().databaseUrl, schema: 'scheduler' }, (tx) =>
    tx.run<object>(usageOfCustomers, [positionals]),
  ),
);
