import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Secrets } from './secrets.ts';
import { type ServiceProcess, type ServiceSurroundings, startService } from './service-process.ts';
import { services } from './services.ts';

/** For the banner. `model` is undefined where built-in rules stand for one. */
export type AgentFacts = { address: string; model: string | undefined } | { failed: string };

/** What its key belongs to, in the list of the agents' keys. */
const AGENT = 'reference-agent';

/**
 * The reference agent, an agent like any other: it is told where the gateway is, has a key of its own, and never the secret. Who has the secret may
 * talk to it: it is told the secret's digest. What it cannot do without it says, and the rest runs.
 */
export async function startAgent(
  around: ServiceSurroundings & { secrets: Secrets },
  gateway: string,
  started: (process: ServiceProcess) => void,
): Promise<AgentFacts> {
  const service = services.find(({ agent }) => agent);
  if (!service?.port) return { failed: 'there is none' };
  const own = around.settings.own[service.name] ?? {};
  try {
    const told = {
      MISSIONS_URL: own['MISSIONS_URL'] ?? gateway,
      MISSIONS_KEY: own['MISSIONS_KEY'] ?? (await keyOf(around, gateway)),
      AGENT_API_KEYS: [
        own['AGENT_API_KEYS'],
        `sha256:${createHash('sha256').update(around.hubServiceSecret).digest('hex')}`,
      ]
        .filter(Boolean)
        .join(','),
    };
    const process = startService(service, around, told);
    started(process);
    await process.ready;
    const hasModel = own['MODEL_API_KEY'] !== undefined || own['MODEL_BASE_URL'] !== undefined;
    return {
      address: `http://127.0.0.1:${around.ports[service.port.variable]}`,
      model: hasModel ? own['MODEL_NAME'] : undefined,
    };
  } catch (error) {
    return { failed: error instanceof Error ? error.message : String(error) };
  }
}

/** The key of earlier starts, while the gateway knows it (the database may be another by now); else a new one. */
async function keyOf(
  { root, secrets, settings, databaseUrls }: ServiceSurroundings & { secrets: Secrets },
  gateway: string,
): Promise<string> {
  const customer = settings.inherited['DEFAULT_CUSTOMER_ID'] || 'default';
  const name = `agent_key_of_${customer}`;
  const kept = secrets.kept(name);
  if (kept !== undefined && (await isKnown(gateway, kept))) return kept;
  const args = [
    join(root, 'services/gateway/admin/keys.ts'),
    'create',
    '--customer',
    customer,
    '--agent',
    AGENT,
    '--label',
    'npm start',
    '--json',
  ];
  const made = await promisify(execFile)(process.execPath, args, {
    env: { ...settings.inherited, DATABASE_URL: databaseUrls['gateway'] },
  }).catch((error: Error & { stderr?: string }) => {
    throw new Error(`no key could be made for it: ${error.stderr?.trim() || error.message}`);
  });
  const { key } = JSON.parse(made.stdout) as { key: string };
  secrets.keep(name, key);
  return key;
}

async function isKnown(gateway: string, key: string): Promise<boolean> {
  const answer = await fetch(`${gateway}/api/internal/missions?user_id=${AGENT}&limit=1`, {
    headers: { authorization: `Bearer ${key}` },
    signal: AbortSignal.timeout(5_000),
  });
  await answer.body?.cancel();
  return answer.status !== 401;
}
