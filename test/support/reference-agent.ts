import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { type Program, program } from './program.ts';
import type { Product } from './product.ts';
import type { TestDatabase } from './test-database.ts';

export interface AgentOptions {
  product: Pick<Product, 'origin' | 'secret' | 'folder'>;
  /** Of the product. */
  database: TestDatabase;
  /** Of its key. */
  customer: string;
  /** Overrides the environment of the agent: the model, limits, runs. */
  env?: Record<string, string>;
  /** Of its process, for messages and logs; another for each. */
  name?: string;
  /** An existing key; made by the operators' program by default. */
  key?: string;
}

export interface ReferenceAgent extends Program {
  readonly origin: string;
  /** With which it calls the gateway. */
  readonly key: string;
  /**
   * Calls `POST /v1/chat` with the product's secret as key, as in a local run. @throws Error for any status but 200.
   */
  chat(message: string, conversationId: string, more?: object): Promise<any>;
}

const root = fileURLToPath(new URL('../..', import.meta.url));

/** The reference agent as it is deployed, not started yet: a process of its own, with a key of its own. */
export async function referenceAgent({
  product,
  database,
  customer,
  env = {},
  name = 'agent',
  key,
}: AgentOptions): Promise<ReferenceAgent> {
  const own = key ?? (await agentKey(database, customer, 'reference-agent'));
  const surroundings = {
    NODE_ENV: 'production',
    MISSIONS_URL: product.origin,
    MISSIONS_KEY: own,
    AGENT_API_KEYS: `sha256:${createHash('sha256').update(product.secret).digest('hex')}`,
  };
  const process_ = await program({
    name,
    script: 'services/agent/main.ts',
    env: (port) => ({ ...surroundings, AGENT_PORT: String(port), ...env }),
    folder: product.folder,
  });
  const origin = `http://127.0.0.1:${process_.port}`;
  const chat = async (message: string, conversation_id: string, more: object = {}): Promise<any> => {
    const headers = { authorization: `Bearer ${product.secret}`, 'content-type': 'application/json' };
    const response = await fetch(`${origin}/v1/chat`, {
      method: 'POST',
      headers,
      body: JSON.stringify({ message, conversation_id, ...more }),
    });
    const body = (await response.json()) as any;
    if (response.status !== 200) throw new Error(`chat: ${response.status} ${JSON.stringify(body)}`);
    return body;
  };
  // Not spread: a process's pid is known once it runs.
  return Object.defineProperties(
    { origin, key: own, chat },
    Object.getOwnPropertyDescriptors(process_),
  ) as ReferenceAgent;
}

/** Makes an agent's key with the operators' program. */
export async function agentKey(database: TestDatabase, customer: string, agent: string): Promise<string> {
  const args = ['services/gateway/admin/keys.ts', 'create', '--customer', customer, '--agent', agent, '--json'];
  const { PATH = '', HOME = '' } = process.env;
  const { stdout } = await promisify(execFile)(process.execPath, args, {
    cwd: root,
    env: { PATH, HOME, DATABASE_URL: database.urlFor('gateway') },
  });
  return (JSON.parse(stdout) as { key: string }).key;
}
