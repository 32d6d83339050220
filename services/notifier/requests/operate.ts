import { inspectWebhooks } from '@missions/contracts/operate.ts';
import { type Endpoint, endpoint } from '@missions/messaging/endpoint.ts';
import { autocommit } from '@missions/persistence/transaction.ts';
import { requireOperator } from '@missions/service-kit/operator.ts';
import type { Context } from '../commands/context.ts';
import { countAllWebhooks, listAllWebhooks } from '../store/all-webhooks.ts';

/** The view is read again every ten seconds, and what is in trouble comes first. */
const SHOWN = 50;

/** What operators see of the customers' endpoints in the browser, as `missions webhooks list` shows it. */
export const operateEndpoints = ({ db }: Pick<Context, 'db'>): Endpoint[] => [
  endpoint(inspectWebhooks, async ({ caller }) => {
    requireOperator(caller);
    const rows = await listAllWebhooks(autocommit(db), undefined, SHOWN);
    const webhooks = rows.map(
      ({
        customer_id,
        id,
        url,
        description,
        status,
        failing_since,
        last_error,
        disabled_at,
        pending,
        undelivered,
      }) => ({
        ...{ customer_id, id, url, description, status, failing_since, last_error, disabled_at, pending, undelivered },
      }),
    );
    return { body: { total: await countAllWebhooks(autocommit(db)), webhooks } };
  }),
];
