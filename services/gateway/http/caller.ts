import type { IncomingHttpHeaders } from 'node:http';
import { Problem } from '@missions/contracts/errors.ts';
import type { KeyScope } from '@missions/contracts/key-scopes.ts';
import type { Caller } from '@missions/contracts/request.ts';
import { invalid } from '@missions/contracts/schema.ts';
import type { Principal } from './principal.ts';
import { headerText } from './headers.ts';

export interface Named {
  user_id?: string | undefined;
  agent_id?: string | undefined;
}

/**
 * Resolves who calls: the credential decides what may be named, and the request names it. The trusted backend names the
 * customer (`X-Customer-ID`), the user (`user_id` or `X-User-ID`) and the agent (`agent_id` or `X-Agent-Instance-ID`).
 * An agent's key is bound to its customer and agent, and names only the users that it was given. A name that the key
 * may not use is refused, never replaced silently.
 * @throws Problem FORBIDDEN, or VALIDATION_FAILED when two names contradict each other or a name is missing.
 */
export function callerOf(
  principal: Principal,
  headers: IncomingHttpHeaders,
  body: Named,
  defaultCustomerId: string,
): Caller {
  const userHeader = headerText(headers, 'X-User-ID');
  if (body.user_id !== undefined && userHeader !== undefined && body.user_id !== userHeader) {
    throw invalid([{ path: 'user_id', message: 'names another user than the header X-User-ID' }]);
  }
  const { kind, credential } = principal;
  const customer_id = headerText(headers, 'X-Customer-ID');
  const user_id = body.user_id ?? userHeader ?? null;
  const agent_id = body.agent_id ?? headerText(headers, 'X-Agent-Instance-ID') ?? null;
  if (principal.kind === 'user') {
    if (customer_id !== undefined && customer_id !== principal.customer_id)
      throw forbidden('customer', customer_id, [principal.customer_id]);
    if (user_id !== null && user_id !== principal.user_id) throw forbidden('user', user_id, [principal.user_id]);
    return { kind, credential, customer_id: principal.customer_id, user_id: principal.user_id, agent_id: null };
  }
  if (principal.kind === 'service')
    return { kind, credential, customer_id: customer_id ?? defaultCustomerId, user_id, agent_id };

  if (customer_id !== undefined && customer_id !== principal.customer_id)
    throw forbidden('customer', customer_id, [principal.customer_id]);
  if (agent_id !== null && agent_id !== principal.agent_id) throw forbidden('agent', agent_id, [principal.agent_id]);
  return {
    kind,
    credential,
    customer_id: principal.customer_id,
    user_id: userOf(principal.users, user_id),
    agent_id: principal.agent_id,
  };
}

/** Resolves the caller of `/api/v1`: a person, or a trusted backend for the person that it names. */
export function userCallerOf(principal: Principal, headers: IncomingHttpHeaders, defaultCustomerId: string): Caller {
  const caller = callerOf(principal, headers, {}, defaultCustomerId);
  if (caller.user_id === null) throw invalid([{ path: 'X-User-ID', message: 'say for which user you act' }]);
  return { ...caller, kind: 'user', agent_id: null, signed_in: signInOf(principal) };
}

function signInOf(principal: Principal): NonNullable<Caller['signed_in']> {
  if (principal.kind !== 'user') return { by: 'backend', at: null };
  const { session, signed_in_at = null } = principal;
  return session ? { by: 'session', at: session.created_at } : { by: 'token', at: signed_in_at };
}

function userOf(allowed: readonly string[] | null, named: string | null): string | null {
  if (allowed === null) return named;
  if (named !== null) {
    if (!allowed.includes(named)) throw forbidden('user', named, allowed);
    return named;
  }
  // Naming no user would mean any user of the customer, which this key may not see.
  const [only] = allowed;
  if (allowed.length === 1 && only !== undefined) return only;
  throw invalid([{ path: 'user_id', message: 'say for which of the users of this key (or send X-User-ID)' }]);
}

const MAX_NAMES = 10;

/** The refusal names what the credential may name, which its holder is told anyway by what it reads and writes. */
function forbidden(what: 'customer' | 'user' | 'agent', named: string, allowed: readonly string[]): Problem {
  const names = allowed.slice(0, MAX_NAMES).map((name) => JSON.stringify(name));
  const more = allowed.length > MAX_NAMES ? ` and ${allowed.length - MAX_NAMES} more` : '';
  const mend =
    allowed.length === 1 ? `Leave the ${what} out, or name ${names[0]}.` : `Name one of the ${what}s it has.`;
  return new Problem(
    'FORBIDDEN',
    `This credential is bound to the ${what}${allowed.length === 1 ? '' : 's'} ` +
      `${names.join(', ')}${more}, and may not name ${JSON.stringify(named.slice(0, 100))}. ${mend}`,
  );
}

/**
 * @param scope of the operation; undefined for one that is not for agents' keys.
 * @throws Problem SCOPE_REQUIRED, or FORBIDDEN
 */
export function refuseBeyondScopes(principal: Principal, scope: KeyScope | undefined): void {
  if (principal.kind !== 'agent') return;
  if (scope === undefined) throw new Problem('FORBIDDEN', "This is not for agents' keys.");
  const { scopes } = principal;
  if (scopes === null || scopes.includes(scope)) return;
  throw new Problem(
    'SCOPE_REQUIRED',
    `This needs the scope "${scope}", and this key has only ${scopes.map((one) => `"${one}"`).join(', ')}. An operator makes a key that has it: missions keys create --scopes ${[...scopes, scope].join(',')}.`,
    { scope, scopes },
  );
}
