import { statement } from '@missions/persistence/statement.ts';
import type { Tx } from '@missions/persistence/transaction.ts';

const known = statement(
  'email.known_recipients',
  `select distinct a.recipient from reply_address a
     join email e on e.customer_id = a.customer_id and e.id = a.email_id
    where a.customer_id = $1 and a.recipient = any($2::text[]) and e.user_id = $3`,
);

interface User {
  readonly customer_id: string;
  readonly user_id: string;
}

/** Those of the addresses (`addressKey`s) that have been written to for the user before. */
export async function knownAmong(
  tx: Tx,
  { customer_id, user_id }: User,
  keys: readonly string[],
): Promise<Set<string>> {
  const rows = await tx.run<{ recipient: string }>(known, [customer_id, keys, user_id]);
  return new Set(rows.map(({ recipient }) => recipient));
}
