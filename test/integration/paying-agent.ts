import { actingFor } from '@missions/agent-tools/testing/tools-of.ts';
import { UserClient } from '@missions/client/user-client.ts';
import { product } from '@missions/test-support/shared-product.ts';

export const action = { type: 'pay', amount: 120 };

/** An agent of the whole product that asks before it pays a hotel, and the people whom that concerns. */
export async function payingAgent() {
  const running = await product();
  const agent = await actingFor();
  const as = (userId: string) =>
    new UserClient({ baseUrl: running.origin, credential: running.secret, customerId: agent.customerId, userId });
  return {
    running,
    agent,
    as,
    async asked(over: object = {}): Promise<{ mission_id: string; request_id: string; text: string }> {
      const { data: mission } = await agent.did('mission_create', {
        title: 'Book the hotel',
        tasks: [{ title: 'Pay' }],
      });
      const question = { mission_id: mission.id, task_id: mission.tasks[0].id, prompt: 'Pay the hotel?', action };
      const { data, text } = await agent.did('mission_ask_user', { ...question, ...over });
      return { mission_id: mission.id, request_id: data.id, text };
    },
    itemOf: async (user: string, request_id: string) =>
      (await as(user).listMyInbox()).items.find((item) => item.request_id === request_id),
  };
}
export type PayingAgent = Awaited<ReturnType<typeof payingAgent>>;

/** Of the error of a call, or `ok`. */
export const codeOf = (call: Promise<unknown>): Promise<unknown> =>
  call.then(
    () => 'ok',
    (error: { code?: unknown }) => error.code,
  );
