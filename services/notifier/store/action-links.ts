import { statement } from '@missions/persistence/statement.ts';
import type { Tx } from '@missions/persistence/transaction.ts';

/** An address in a mail by which one user may decide one question. Only the hash of its token is kept. */
export interface ActionLink {
  readonly customer_id: string;
  readonly user_id: string;
  readonly mission_id: string;
  readonly request_id: string;
  readonly is_used: boolean;
}

const insert = statement(
  'action_link.insert',
  `insert into action_link (hash, customer_id, user_id, mission_id, request_id, expires_at)
   values ($1, $2, $3, $4, $5, $6)`,
);
export const storeActionLink = (
  tx: Tx,
  hash: string,
  { customer_id, user_id, mission_id, request_id }: Omit<ActionLink, 'is_used'>,
  expiresAt: Date,
): Promise<unknown> => tx.run(insert, [hash, customer_id, user_id, mission_id, request_id, expiresAt]);

const find = statement(
  'action_link.find',
  `select customer_id, user_id, mission_id, request_id, used_at is not null as is_used
     from action_link where hash = $1 and expires_at > $2`,
);
export async function findActionLink(tx: Tx, hash: string, now: Date): Promise<ActionLink | undefined> {
  const [row] = await tx.run<ActionLink>(find, [hash, now]);
  return row;
}

const burn = statement(
  'action_link.burn',
  `update action_link l set used_at = $2 from action_link b
    where b.hash = $1 and l.customer_id = b.customer_id and l.request_id = b.request_id and l.used_at is null`,
);
/** With all others of the same question: it is decided. */
export const burnActionLinks = (tx: Tx, hash: string, now: Date): Promise<unknown> => tx.run(burn, [hash, now]);

const purge = statement('action_link.purge', 'delete from action_link where customer_id = $1 and expires_at <= $2');
export const purgeActionLinks = (tx: Tx, customerId: string, now: Date): Promise<unknown> =>
  tx.run(purge, [customerId, now]);
