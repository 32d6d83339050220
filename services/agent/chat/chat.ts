import type { MissionsClient } from '@missions/client/client.ts';
import { createTools } from '@missions/agent-tools/tools.ts';
import type { Clock } from '@missions/runtime/clock.ts';
import { instructions } from '../loop/instructions.ts';
import type { Limits, Stopped } from '../loop/limits.ts';
import { type Called, toolSet } from '../loop/tool-set.ts';
import { type Progress, work } from '../loop/work.ts';
import type { Chosen } from '../model/choose.ts';
import type { ChatBody } from './chat-body.ts';
import type { History } from './history.ts';
import type { InTurn } from './in-turn.ts';

export interface Chatting {
  readonly chosen: Chosen;
  /** Calls the gateway with the agent's own key. */
  readonly client: MissionsClient;
  readonly limits: Limits;
  readonly defaultUserId: string;
  readonly history: History;
  readonly inTurn: InTurn;
  readonly clock: Clock;
}

export interface ChatAnswer {
  readonly reply: string;
  readonly conversation_id: string;
  readonly user_id: string;
  /** The name of the model that answered. */
  readonly model: string;
  readonly tool_calls: readonly Called[];
  readonly steps: number;
  /** The limit that ended the turn before the model did, or null. */
  readonly stopped: Stopped | null;
  readonly usage: { readonly input_tokens: number; readonly output_tokens: number };
}

/**
 * One turn of a conversation. A turn that fails leaves the conversation as it was; the work that its tools did is kept
 * in the missions.
 */
export function chat(
  { chosen, client, limits, defaultUserId, history, inTurn, clock }: Chatting,
  body: ChatBody,
  signal: AbortSignal,
  tell?: (progress: Progress) => void,
): Promise<ChatAnswer> {
  const { message, conversation_id, user_id = defaultUserId } = body;
  const userMessage = { role: 'user', content: message } as const;
  return inTurn.run(JSON.stringify([user_id, conversation_id]), async () => {
    signal.throwIfAborted();
    const tools = createTools({
      client: client.for({ userId: user_id }),
      userId: user_id,
      conversationId: conversation_id,
    });
    const { reply, messages, calls, steps, stopped, usage } = await work(
      {
        model: chosen.model,
        instructions: instructions({ now: clock.now(), userId: user_id }),
        messages: [...history.of(user_id, conversation_id), userMessage],
        tools: toolSet(tools),
        limits,
        signal,
      },
      tell,
    );
    history.add(user_id, conversation_id, [userMessage, ...messages]);
    return { reply, conversation_id, user_id, model: chosen.label, tool_calls: calls, steps, stopped, usage };
  });
}
