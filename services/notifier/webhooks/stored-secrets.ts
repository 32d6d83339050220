import type { Database } from '@missions/persistence/database.ts';
import { autocommit } from '@missions/persistence/transaction.ts';
import { seal, unseal } from '../push/sealing.ts';
import { readSecrets, replaceSecret } from '../store/all-webhooks.ts';
import { WEBHOOK_SECRETS } from './send.ts';

const PAGE = 200;

/**
 * While the service's key is being changed it has two: what the former one has sealed is sealed with the new one at the
 * start of each copy, so that the former one can go. Without that no endpoint could be sent anything any more.
 */
export async function resealSecrets(db: Database, [secret = '', ...former]: readonly string[]): Promise<void> {
  if (former.length === 0) return;
  const tx = autocommit(db);
  for (let after = { customer_id: '', id: '00000000-0000-0000-0000-000000000000' }; ;) {
    const stored = await readSecrets(tx, after, PAGE);
    for (const one of stored)
      for (const sealed of [one.secret, one.former_secret]) {
        const opened = sealed === null ? undefined : await unseal(sealed, former, WEBHOOK_SECRETS);
        if (sealed === null || opened === undefined) continue;
        await replaceSecret(tx, one, sealed, await seal(opened, secret, WEBHOOK_SECRETS));
      }
    const last = stored.at(-1);
    if (last === undefined || stored.length < PAGE) return;
    after = last;
  }
}
