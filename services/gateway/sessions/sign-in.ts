import type { Database } from '@missions/persistence/database.ts';
import { type OwnCookie, ownCookie } from '../http/session-cookie.ts';
import { AddressBudget } from '../http/address-budget.ts';

/** What signing in needs. A gateway without a database has no sessions. */
export interface SignIn {
  readonly db: Database;
  readonly publicUrl: string;
  readonly cookie: OwnCookie;
  /** Bounds the wrong codes of one address. */
  readonly tries: AddressBudget;
}

const WRONG_CODES = 20;
const WINDOW_SECONDS = 600;

/** @param db the gateway's database, if it has one. */
export const signingIn = (db: Database | undefined, publicUrl: string): SignIn | undefined =>
  db && {
    db,
    publicUrl,
    cookie: ownCookie('missions', publicUrl),
    tries: new AddressBudget(WRONG_CODES, () => performance.now(), WINDOW_SECONDS),
  };
