import { connectBus } from '@missions/messaging/connect.ts';
import { createLogger } from '@missions/runtime/logger.ts';
import { Pool } from 'undici';
import type { Flow } from './order.ts';
import { Gates } from './perform.ts';

/** The mission's version when it has been created and asked about. */
const ASKED = 2;
const CONNECTIONS = 64;

export interface ProductSettings {
  origin: string;
  secret: string;
  /** With the gateway's user. */
  natsUrl: string;
}

/**
 * The product, as an agent and a user call it: a mission with a task, a question about it, the user's answer. It has
 * gone on when the mission says that it has changed, which it says once its transaction has committed. Calls bear no
 * idempotency key: a peer's users send none either for an answer.
 */
export async function productFlow({ origin, secret, natsUrl }: ProductSettings): Promise<Flow> {
  const user = `peer-${process.pid}`;
  const goneOn = new Gates();
  const logger = createLogger({ service: 'bench', level: 'error' });
  const bus = await connectBus({ servers: natsUrl, name: 'gateway', logger });
  bus.onNotification('default', user, (hint) => {
    const { mission_id = '', version = 0 } = hint as { mission_id?: string; version?: number };
    if (version > ASKED) goneOn.open(mission_id);
  });
  await bus.flush();

  const pool = new Pool(origin, { connections: CONNECTIONS, pipelining: 1 });
  const headers = { authorization: `Bearer ${secret}`, 'content-type': 'application/json', 'x-user-id': user };
  const call = async (path: string, body: object): Promise<any> => {
    const { statusCode, body: answer } = await pool.request({
      method: 'POST',
      path,
      headers,
      body: JSON.stringify(body),
    });
    const text = await answer.text();
    if (statusCode >= 300) throw new Error(`the product answered ${statusCode}: ${text.slice(0, 300)}`);
    return JSON.parse(text);
  };

  const asked = new Map<string, { mission: string; request: string }>();
  const options = [
    { id: 'yes', label: 'Yes' },
    { id: 'no', label: 'No' },
  ];
  return {
    async begin(id) {
      const created = { title: 'Plan the offsite', user_id: user, tasks: [{ title: 'Ask' }] };
      const mission = await call('/api/internal/missions', created);
      const { request_id } = await call(`/api/internal/missions/${mission.id}/input-requests`, {
        prompt: 'Book it?',
        options,
        task_id: mission.tasks[0].id,
      });
      asked.set(id, { mission: mission.id, request: request_id });
    },
    async answer(id) {
      const { mission = '', request = '' } = asked.get(id) ?? {};
      asked.delete(id);
      await Promise.all([
        goneOn.expect(mission),
        call(`/api/v1/input-requests/${request}/respond`, { selected_option: 'yes' }),
      ]);
    },
  };
}
