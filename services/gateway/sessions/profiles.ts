import type { Database } from '@missions/persistence/database.ts';
import { statement } from '@missions/persistence/statement.ts';
import { autocommit, type Tx } from '@missions/persistence/transaction.ts';

/** What the identity provider said of a user at the last sign-in. */
export interface Profile {
  readonly name: string | null;
  readonly email: string | null;
  /** By the provider. */
  readonly email_confirmed: boolean;
  readonly time_zone: string | null;
  readonly locale: string | null;
}

export const noProfile: Profile = { name: null, email: null, email_confirmed: false, time_zone: null, locale: null };

const find = statement(
  'gateway.find_profile',
  `select name, email, email_confirmed, time_zone, locale from user_profile where customer_id = $1 and user_id = $2`,
);

export async function findProfile(db: Database, customerId: string, userId: string): Promise<Profile | undefined> {
  const [profile] = await autocommit(db).run<Profile>(find, [customerId, userId]);
  return profile;
}

const save = statement(
  'gateway.save_profile',
  `insert into user_profile (customer_id, user_id, name, email, email_confirmed, time_zone, locale, updated_at)
   values ($1, $2, $3, $4, $5, $6, $7, now())
   on conflict (customer_id, user_id) do update set name = $3, email = $4, email_confirmed = $5, time_zone = $6,
     locale = $7, updated_at = now()`,
);

export async function saveProfile(
  tx: Tx,
  { customer_id, user_id }: { readonly customer_id: string; readonly user_id: string },
  { name, email, email_confirmed, time_zone, locale }: Profile,
): Promise<void> {
  await tx.run(save, [customer_id, user_id, name, email, email_confirmed, time_zone, locale]);
}
