import type { KeyScope } from '@missions/contracts/key-scopes.ts';
import { openKeyDatabase } from '@missions/gateway/keys/database.ts';
import { createKey } from '@missions/gateway/keys/manage.ts';
import { newId } from '@missions/runtime/id.ts';
import { createLogger } from '@missions/runtime/logger.ts';
import { product } from '@missions/test-support/shared-product.ts';

/** Headers of an agent `worker` whose key is bound to these users of the customer. An agent has at most two keys. */
export async function keyOf(
  customer_id: string,
  users: string[] | null,
  agent_id = 'worker',
  scopes: KeyScope[] | null = null,
): Promise<{ authorization: string }> {
  const { database } = await product();
  const keys = await openKeyDatabase(database.urlFor('gateway'), createLogger({ service: 'spec', level: 'error' }));
  try {
    const key = await createKey(keys, { customer_id, agent_id, users, label: '', scopes }, newId());
    return { authorization: `Bearer ${key}` };
  } finally {
    await keys.close();
  }
}
