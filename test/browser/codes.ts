import { openKeyDatabase } from '@missions/gateway/keys/database.ts';
import { createCode } from '@missions/gateway/sessions/codes.ts';
import { createLogger } from '@missions/runtime/logger.ts';
import { product } from '@missions/test-support/shared-product.ts';
import { afterLastFile } from '@missions/test-support/spec-run.ts';

type KeyDatabase = Awaited<ReturnType<typeof openKeyDatabase>>;

let opened: Promise<KeyDatabase> | undefined;

/** A code with which a user of the customer may sign in. One connection makes those of all visits. */
export async function codeFor(customer_id: string, user_id: string): Promise<string> {
  opened ??= open();
  return createCode(await opened, { customer_id, user_id });
}

async function open(): Promise<KeyDatabase> {
  const { database } = await product();
  const db = await openKeyDatabase(database.urlFor('gateway'), createLogger({ service: 'spec', level: 'error' }));
  afterLastFile(() => db.close());
  return db;
}
