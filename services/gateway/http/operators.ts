import { Problem } from '@missions/contracts/errors.ts';
import type { Principal } from './principal.ts';

/** Who may operate the product in the browser (specification section 5 "Operators"). */
export type IsOperator = (principal: Principal) => boolean;

/**
 * @param userIds as the setting has them: `user` of the default customer, or `customer:user`, divided at the first colon.
 */
export function operatorsOf(userIds: readonly string[], defaultCustomerId: string): IsOperator {
  const named = new Set(
    userIds.map((text) => {
      const colon = text.indexOf(':');
      return colon === -1 ? keyOf(defaultCustomerId, text) : keyOf(text.slice(0, colon), text.slice(colon + 1));
    }),
  );
  return (principal) =>
    principal.kind === 'user' &&
    (principal.claims_operator === true || named.has(keyOf(principal.customer_id, principal.user_id)));
}

const keyOf = (customerId: string, userId: string): string => JSON.stringify([customerId, userId]);

/** @throws Problem FORBIDDEN */
export function refuseOthers(isOperator: IsOperator, principal: Principal): void {
  if (isOperator(principal)) return;
  throw new Problem(
    'FORBIDDEN',
    'This is for operators of the product only, signed in as themselves. OPERATOR_USER_IDS of the gateway names them.',
  );
}

/**
 * Whether claims make their user an operator: the claim is true, or, where the setting names a value (`roles=operator`),
 * it is that text or a list with it.
 */
export function claimsOperator(claims: Readonly<Record<string, unknown>>, setting: string | undefined): boolean {
  if (setting === undefined) return false;
  const [name = '', ...rest] = setting.split('=');
  const claimed = Object.hasOwn(claims, name) ? claims[name] : undefined;
  if (rest.length === 0) return claimed === true;
  const value = rest.join('=');
  return claimed === value || (Array.isArray(claimed) && claimed.includes(value));
}
