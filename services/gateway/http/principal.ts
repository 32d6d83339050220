import type { KeyScope } from '@missions/contracts/key-scopes.ts';
import type { SessionRow } from '../sessions/sessions.ts';

/** What a credential says about its bearer, before the request names customer, user and agent. */
export type Principal =
  | { readonly kind: 'service'; readonly credential: string }
  | {
      readonly kind: 'user';
      readonly credential: string;
      readonly customer_id: string;
      readonly user_id: string;
      /** Undefined: the user has shown a token. */
      readonly session?: Pick<SessionRow, 'id' | 'via' | 'created_at'>;
      /** When a token says that its user signed in (`auth_time`). */
      readonly signed_in_at?: string;
      /** The token, or the sign-in at the provider, says that the user is an operator. */
      readonly claims_operator?: boolean;
    }
  | {
      readonly kind: 'agent';
      readonly credential: string;
      readonly customer_id: string;
      readonly agent_id: string;
      /** The users that the key may name; null for every user of the customer. */
      readonly users: readonly string[] | null;
      /** What the key was given; null for everything that agents may do. */
      readonly scopes: readonly KeyScope[] | null;
    };
