import type { MissionsClient } from '@missions/client/client.ts';
import { createTools } from '@missions/agent-tools/tools.ts';
import type { Clock } from '@missions/runtime/clock.ts';
import type { Logger } from '@missions/runtime/logger.ts';
import { instructions } from '../loop/instructions.ts';
import type { Limits, Stopped } from '../loop/limits.ts';
import { type Called, toolSet } from '../loop/tool-set.ts';
import { type Progress, work } from '../loop/work.ts';
import type { Chosen } from '../model/choose.ts';
import type { ChatBody } from './chat-body.ts';
import type { History } from './history.ts';
import type { InTurn } from './in-turn.ts';
import { beginningOf, noteTold } from './waiting.ts';

export interface Chatting {
  readonly chosen: Chosen;
  /** Calls the gateway with the agent's own key. */
  readonly client: MissionsClient;
  readonly limits: Limits;
  readonly defaultUserId: string;
  readonly history: History;
  readonly inTurn: InTurn;
  readonly clock: Clock;
  readonly logger: Logger;
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
 * in the missions. The first turn begins with what waits for the user.
 */
export function chat(
  { chosen, client, limits, defaultUserId, history, inTurn, clock, logger }: Chatting,
  body: ChatBody,
  signal: AbortSignal,
  tell?: (progress: Progress) => void,
): Promise<ChatAnswer> {
  const { message, conversation_id, user_id = defaultUserId } = body;
  const userMessage = { role: 'user', content: message } as const;
  return inTurn.run(JSON.stringify([user_id, conversation_id]), async () => {
    signal.throwIfAborted();
    const own = client.for({ userId: user_id });
    const tools = createTools({ client: own, userId: user_id, conversationId: conversation_id });
    const before = history.of(user_id, conversation_id);
    const beginning = before.length === 0 ? await beginningOf(own, logger) : undefined;
    const said = beginning ? [{ role: 'user', content: beginning.note } as const, userMessage] : [userMessage];
    if (beginning) tell?.({ type: 'text', delta: beginning.preface });
    const {
      reply: answer,
      messages,
      calls,
      steps,
      stopped,
      usage,
    } = await work(
      {
        model: chosen.model,
        instructions: instructions({ now: clock.now(), userId: user_id }),
        messages: [...before, ...said],
        tools: toolSet(tools),
        limits,
        signal,
      },
      tell,
    );
    history.add(user_id, conversation_id, [...said, ...messages]);
    if (beginning) await noteTold(own, logger, beginning);
    const reply = `${beginning?.preface ?? ''}${answer}`;
    return { reply, conversation_id, user_id, model: chosen.label, tool_calls: calls, steps, stopped, usage };
  });
}
