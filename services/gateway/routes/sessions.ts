import type Router from '@koa/router';
import { byCaller } from '@missions/contracts/audit.ts';
import { Problem } from '@missions/contracts/errors.ts';
import { changeProfile, confirmAddress, readProfile, type UserProfile } from '@missions/contracts/notifier/requests.ts';
import type { Caller } from '@missions/contracts/request.ts';
import * as operations from '@missions/contracts/rest/sessions.ts';
import { isUuid } from '@missions/runtime/id.ts';
import type { Principal } from '../http/principal.ts';
import { findProfile, noProfile, type Profile } from '../sessions/profiles.ts';
import { endSession, listSessions } from '../sessions/sessions.ts';
import { type GatewayContext, registerOperation } from './register-operation.ts';
import { orProblem } from './sign-in.ts';
import { zoneChanged } from './user-zone.ts';

/** Who the caller is, and where they are signed in: the gateway's own tables. */
export function sessionRoutes(router: Router, gateway: GatewayContext): void {
  const { signIn } = gateway;

  registerOperation(router, gateway, operations.getMe, () => ({
    async answer({ caller, principal }) {
      const { customer_id, user_id } = userOf(caller);
      const provided = signIn && (await orProblem(findProfile(signIn.db, customer_id, user_id)));
      return meOf(gateway, caller, principal, await profileOf(gateway, caller, provided));
    },
  }));
  registerOperation(router, gateway, operations.updateMe, ({ body }) => ({
    async answer({ caller, principal }) {
      const reply = await gateway.bus.request(changeProfile, { caller, input: body });
      const profile = reply.json<UserProfile>();
      if (body.time_zone !== undefined) await zoneChanged(gateway, caller, profile.time_zone);
      return meOf(gateway, caller, principal, profile);
    },
  }));
  registerOperation(router, gateway, operations.confirmMyAddress, ({ body }) => ({
    async answer({ caller, principal }) {
      const reply = await gateway.bus.request(confirmAddress, { caller, input: body });
      return meOf(gateway, caller, principal, reply.json<UserProfile>());
    },
  }));

  registerOperation(router, gateway, operations.listMySessions, () => ({
    async answer({ caller, principal }) {
      const { customer_id, user_id } = userOf(caller);
      const rows = signIn ? await orProblem(listSessions(signIn.db, customer_id, user_id)) : [];
      const current = principal.kind === 'user' ? principal.session?.id : undefined;
      return {
        sessions: rows.map(({ id, via, created_at, last_seen_at, expires_at }) => ({
          id,
          current: id === current,
          signed_in_via: via,
          signed_in_at: created_at,
          last_seen_at,
          expires_at,
        })),
      };
    },
  }));

  registerOperation(router, gateway, operations.endMySession, ({ params: { session_id = '' } }) => ({
    async answer({ caller }) {
      const session = { id: session_id.toLowerCase(), ...userOf(caller) };
      const ended = signIn && isUuid(session.id) && (await orProblem(endSession(signIn.db, session, byCaller(caller))));
      if (!ended)
        throw new Problem('NOT_FOUND', 'You have no such session: GET /api/v1/sessions lists those you have.');
      return null;
    },
  }));
}

/** So that the page opens while the notifier is away. */
const PROFILE_MS = 2_000;

/** The notifier learns what the provider says of the user whenever the user asks who they are, as the page does. */
async function profileOf({ bus, logger }: GatewayContext, caller: Caller, provided?: Profile): Promise<UserProfile> {
  try {
    const input = provided ? { provided } : {};
    return (await bus.request(readProfile, { caller, input }, { timeoutMs: PROFILE_MS })).json<UserProfile>();
  } catch (error) {
    logger.warn({ err: error }, 'a user is shown without what the notifier knows');
    return { ...(provided ?? noProfile), email_pending: null };
  }
}

const meOf = (gateway: GatewayContext, caller: Caller, principal: Principal, profile: UserProfile) => ({
  ...userOf(caller),
  ...profile,
  ...signedIn(principal),
  operator: gateway.isOperator(principal),
});

/** `userCallerOf` lets nobody through without a user. */
const userOf = ({ customer_id, user_id }: Caller) => ({ customer_id, user_id: user_id as string });

function signedIn(principal: Principal): { signed_in_via: string; signed_in_at: string | null } {
  if (principal.kind !== 'user') return { signed_in_via: 'backend', signed_in_at: null };
  const { session } = principal;
  return session
    ? { signed_in_via: session.via, signed_in_at: session.created_at }
    : { signed_in_via: 'token', signed_in_at: null };
}
