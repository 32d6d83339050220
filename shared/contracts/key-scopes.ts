/**
 * What an agent's key may be narrowed to (specification section 5 "Who may call"). Each operation for agents belongs to
 * one of them, and so does each of their tools.
 */
export const keyScopes = ['missions', 'email', 'runs', 'ask'] as const;
export type KeyScope = (typeof keyScopes)[number];
