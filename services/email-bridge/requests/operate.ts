import { inspectMail } from '@missions/contracts/operate.ts';
import { type Endpoint, endpoint } from '@missions/messaging/endpoint.ts';
import type { Database } from '@missions/persistence/database.ts';
import { autocommit } from '@missions/persistence/transaction.ts';
import { requireOperator } from '@missions/service-kit/operator.ts';
import { mailQueue } from '../store/mail-queue.ts';

/** What operators see of the mail in the browser. */
export const operateEndpoints = ({ db }: { readonly db: Database }): Endpoint[] => [
  endpoint(inspectMail, async ({ caller }) => {
    requireOperator(caller);
    const [found] = await autocommit(db).run<object>(mailQueue);
    return { body: found ?? null };
  }),
];
