import type { Database } from '@missions/persistence/database.ts';
import type { Clock } from '@missions/runtime/clock.ts';
import { AddressBudget } from '../http/address-budget.ts';
import { type OwnCookie, ownCookie } from '../http/session-cookie.ts';
import { logoutVerifier, type VerifyLogout } from '../oidc/logout-token.ts';
import { type ProviderOptions, type SignInProvider, signInProvider } from '../oidc/provider.ts';

/** What signing in needs. A gateway without a database has no sessions. */
export interface SignIn extends Partial<WithProvider> {
  readonly db: Database;
  readonly publicUrl: string;
  readonly cookie: OwnCookie;
  /** Bounds the wrong codes of one address. */
  readonly tries: AddressBudget;
}

/** The operator's identity provider, where there is one. */
export interface WithProvider {
  readonly provider: SignInProvider;
  readonly verifyLogout: VerifyLogout;
}

const WRONG_CODES = 20;
const WINDOW_SECONDS = 600;

/** @param db the gateway's database, if it has one. */
export function signingIn(
  db: Database | undefined,
  clock: Pick<Clock, 'now'>,
  { publicUrl, signInAt }: { readonly publicUrl: string; readonly signInAt: ProviderOptions | undefined },
): SignIn | undefined {
  if (!db) return undefined;
  const provider = signInAt && signInProvider(signInAt);
  return {
    db,
    publicUrl,
    cookie: ownCookie('missions', publicUrl),
    tries: new AddressBudget(WRONG_CODES, () => performance.now(), WINDOW_SECONDS),
    ...(provider && { provider, verifyLogout: logoutVerifier(provider, signInAt.clientId, clock) }),
  };
}

export const hasProvider = (signIn: SignIn): signIn is SignIn & WithProvider =>
  signIn.provider !== undefined && signIn.verifyLogout !== undefined;
