import type { UserResponseTo } from '@missions/client/user-client.ts';

export type Rule = UserResponseTo<'listMyApprovalRules'>['approval_rules'][number];

/** What a rule says, one condition to an entry. Names and values are what people and agents wrote. */
export function conditionsOf({ match: { agent_id, action_type, max = {}, allowed = {} } }: Rule): string[] {
  return [
    ...(agent_id === undefined ? [] : [`${agent_id} asks`]),
    ...(action_type === undefined ? [] : [`it is about “${action_type}”`]),
    ...Object.entries(max).map(([field, most]) => `${field} is at most ${most}`),
    ...Object.entries(allowed).map(([field, texts]) => `${field} is ${texts.join(' or ')}`),
  ];
}

/** How often it has answered, and how often it may. */
export function usesOf({ uses, uses_today, max_uses_per_day }: Rule): string {
  const ever = uses === 1 ? 'It has answered once' : `It has answered ${uses} times`;
  if (uses === 0) return 'It has not answered yet';
  return max_uses_per_day === null ? ever : `${ever}, ${uses_today} of at most ${max_uses_per_day} on its last day`;
}
