import { type Env, readConfig, secret, string, url } from '@missions/runtime/config.ts';

/** Configuration of the MCP server over stdio, from the environment that its host sets. */
export const mcpConfig = (env: Env = process.env) =>
  readConfig(env, {
    /** Address of the gateway. */
    baseUrl: url('MISSIONS_URL', { protocols: ['http:', 'https:'], default: 'http://127.0.0.1:8003' }),
    /** An agent's key, or the service secret. */
    credential: secret('MISSIONS_KEY', { minLength: 1 }),
    userId: string('MISSIONS_USER_ID'),
    /** For the service secret only; an agent's key is bound to its own customer. */
    customerId: string('MISSIONS_CUSTOMER_ID', { optional: true }),
    agentId: string('MISSIONS_AGENT_ID', { optional: true }),
    /** Without it, the tools that record a conversation take it as an argument. */
    conversationId: string('MISSIONS_CONVERSATION_ID', { optional: true }),
    /** Address where the user responds to an input request; `{request_id}` and `{mission_id}` are filled in. */
    inputRequestUrl: string('MISSIONS_QUESTION_URL', { optional: true }),
  });
