import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Secrets } from './secrets.ts';
import { type LaunchContext, type ServiceProcess, startService } from './service-process.ts';
import { services } from './services.ts';

/** For the startup summary. `model` is undefined if built-in rules answer instead of a language model. */
export type AgentFacts = { address: string; model: string | undefined } | { failed: string };

/** The agent's id in the list of the agents' keys. */
const AGENT_ID = 'reference-agent';

/**
 * Starts the reference agent. It reaches the product as every agent does: with the address of the gateway and a key of
 * its own, without the secret. Whoever has the secret may chat with the agent, which gets the secret's digest only. If
 * the agent cannot start, the product runs without it, and the startup summary says why.
 */
const digestOf = (secret: string): string => createHash('sha256').update(secret).digest('hex');

export async function startAgent(
  context: LaunchContext & { secrets: Secrets },
  gateway: string,
  onStart: (process: ServiceProcess) => void,
): Promise<AgentFacts> {
  const service = services.find(({ agent }) => agent);
  if (!service?.port) return { failed: 'there is none' };
  const settings = context.settings.perService[service.name] ?? {};
  try {
    // Two while it is exchanged.
    const secrets = context.hubServiceSecret.split(',').map((it) => `sha256:${digestOf(it.trim())}`);
    const process = startService(service, context, {
      MISSIONS_URL: settings['MISSIONS_URL'] ?? gateway,
      MISSIONS_KEY: settings['MISSIONS_KEY'] ?? (await agentKey(context, gateway)),
      AGENT_API_KEYS: [settings['AGENT_API_KEYS'], ...secrets].filter(Boolean).join(','),
    });
    onStart(process);
    await process.ready;
    const hasModel = settings['MODEL_API_KEY'] !== undefined || settings['MODEL_BASE_URL'] !== undefined;
    return {
      address: `http://127.0.0.1:${context.ports[service.port.variable]}`,
      model: hasModel ? settings['MODEL_NAME'] : undefined,
    };
  } catch (error) {
    return { failed: error instanceof Error ? error.message : String(error) };
  }
}

/** The key of earlier starts if the gateway accepts it, else a new one: the database may be another one by now. */
async function agentKey(
  { root, secrets, settings, databaseUrls }: LaunchContext & { secrets: Secrets },
  gateway: string,
): Promise<string> {
  const customer = settings.inherited['DEFAULT_CUSTOMER_ID'] || 'default';
  const secretName = `agent_key_of_${customer}`;
  const stored = secrets.get(secretName);
  if (stored !== undefined && (await isAccepted(gateway, stored))) return stored;
  const program = join(root, 'services/gateway/admin/keys.ts');
  const args = ['create', '--customer', customer, '--agent', AGENT_ID, '--label', 'npm start', '--json'];
  const { stdout } = await promisify(execFile)(process.execPath, [program, ...args], {
    env: { ...settings.inherited, DATABASE_URL: databaseUrls['gateway'] },
  }).catch((error: Error & { stderr?: string }) => {
    throw new Error(`no key could be made for it: ${error.stderr?.trim() || error.message}`);
  });
  const { key } = JSON.parse(stdout) as { key: string };
  secrets.set(secretName, key);
  return key;
}

async function isAccepted(gateway: string, key: string): Promise<boolean> {
  const response = await fetch(`${gateway}/api/internal/missions?user_id=${AGENT_ID}&limit=1`, {
    headers: { authorization: `Bearer ${key}` },
    signal: AbortSignal.timeout(5_000),
  });
  await response.body?.cancel();
  return response.status !== 401;
}
