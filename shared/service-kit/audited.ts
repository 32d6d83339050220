import type { IntendedDeed } from '@missions/contracts/audit.ts';
import { recordDeeds } from '@missions/persistence/audit/record.ts';
import { standaloneTransaction } from '@missions/persistence/standalone-transaction.ts';

/**
 * An operator's deed outside of the database, e.g. in NATS: no transaction can hold both it and its entry. It is
 * recorded as attempted before it is done, so that there is no deed without an entry, and its result after it.
 */
export async function audited<T>(
  record: { readonly url: string; readonly schema: string },
  deed: IntendedDeed,
  act: () => Promise<T>,
): Promise<T> {
  const write = (result: 'attempted' | 'done' | 'failed'): Promise<void> =>
    standaloneTransaction(record, (tx) => recordDeeds(tx, [{ ...deed, result }]));
  await write('attempted');
  let done: T;
  try {
    done = await act();
  } catch (error) {
    await write('failed');
    throw error;
  }
  await write('done');
  return done;
}
