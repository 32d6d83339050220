import { randomUUID } from 'node:crypto';
import { MissionsClient } from '@missions/client/client.ts';
import { UserClient } from '@missions/client/user-client.ts';
import { product } from '@missions/test-support/shared-product.ts';
import { createTools, type ToolOptions, type ToolResult, type Tools } from '../tools.ts';

export interface Acting {
  readonly tools: Tools;
  readonly client: MissionsClient;
  /** Client of the user, who responds to input requests. */
  readonly user: UserClient;
  readonly customerId: string;
  /** Calls a tool. @throws Error unless the call succeeds. */
  did(name: string, args: object): Promise<{ text: string; data: any }>;
  /** Calls a tool, and returns the text of its failure. @throws Error if the call succeeds. */
  failed(name: string, args: unknown): Promise<string>;
}

/** The tools of an agent against the real product, acting for a user of a customer of its own. */
export async function actingFor(
  userId = 'ada',
  options: Partial<ToolOptions> = {},
  customerId = `tools-${randomUUID()}`,
): Promise<Acting> {
  const { origin, secret } = await product();
  const named = { baseUrl: origin, credential: secret, customerId, userId };
  const client = new MissionsClient({ ...named, agentId: 'planner-7' });
  const tools = createTools({ client, conversationId: 'conv-A', ...options });
  const result = async (name: string, args: unknown, ok: boolean): Promise<ToolResult> => {
    const answer = await tools.call(name, args);
    if (answer.ok !== ok) throw new Error(`${name} ${JSON.stringify(args)}: ${answer.text}`);
    return answer;
  };
  return {
    tools,
    client,
    user: new UserClient(named),
    customerId,
    did: (name, args) => result(name, args, true),
    failed: async (name, args) => (await result(name, args, false)).text,
  };
}
