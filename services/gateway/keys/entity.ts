import type { KeyScope } from '@missions/contracts/key-scopes.ts';
import { defineEntity, p } from '@mikro-orm/core';
import { closedOwnerTrigger } from '@missions/persistence/holdings/closed-owners.ts';

/**
 * An agent's own key (specification section 5 "Who may call"): bound to one customer and one agent, and to the users
 * that it may name. Only a hash is stored, so a copy of this table opens nothing.
 */
const AgentKeySchema = defineEntity({
  name: 'AgentKey',
  tableName: 'agent_key',
  triggers: [closedOwnerTrigger],
  properties: {
    id: p.uuid().primary(),
    customer_id: p.text(),
    agent_id: p.text(),
    /** Null for all users of the customer. */
    users: p.json<string[]>().nullable(),
    /** Null for all: keys had none before. */
    scopes: p.json<KeyScope[]>().nullable(),
    /** SHA-256 of the secret part. The secret has 256 random bits, so a slow hash would protect nothing better. */
    hash: p.text(),
    label: p.text(),
    created_at: p.datetime(3),
    /** Accurate to the minute: written at most once a minute. */
    last_used_at: p.datetime(3).nullable(),
    /** Null: until it is revoked. */
    expires_at: p.datetime(3).nullable(),
    revoked_at: p.datetime(3).nullable(),
  },
  indexes: [{ name: 'agent_key_of_agent', properties: ['customer_id', 'agent_id'] }],
});
export class AgentKey extends AgentKeySchema.class {}
AgentKeySchema.setClass(AgentKey);
