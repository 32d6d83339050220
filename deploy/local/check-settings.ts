import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { statSync } from 'node:fs';
import { text } from 'node:stream/consumers';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { type ReadSettings, invalidSettings } from './config.ts';
import { nodeEnvironment } from './node-environment.ts';
import { environment } from './service-process.ts';
import { roleOf, type Service, services } from './services.ts';

const CHECK = 'shared/service-kit/admin/check-settings.ts';

/**
 * Checks the settings of the launcher and of all services before anything is started or written, and names all problems
 * at once. A service's own program reads its settings: the launcher imports nothing of the product. Mistakes of the
 * agent alone refuse no start: the product runs without it, and the startup summary says why.
 * @throws Error that names every invalid setting, and no value.
 */
export async function checkSettings(root: string, { settings, problems }: ReadSettings): Promise<void> {
  const found = await problemsByService(root, settings);
  const agent = services.filter((service) => service.agent).map(({ name }) => name);
  const refusing = Object.entries(found).filter(([name]) => !agent.includes(name));
  if (problems.length > 0 || refusing.some(([, those]) => those.length > 0))
    throw invalidSettings([...new Set([...problems, ...Object.values(found).flat()])]);
}

async function problemsByService(
  root: string,
  settings: ReadSettings['settings'],
): Promise<Record<string, readonly string[]>> {
  const asked = services.map((service) => ({
    name: service.name,
    config: pathToFileURL(join(root, 'services', service.name, 'config.ts')).href,
    env: { ...settings.inherited, ...assumed(service, settings) },
  }));
  const child = spawn(process.execPath, [join(root, CHECK)], {
    cwd: root,
    env: {
      ...settings.inherited,
      ...(isOurs(settings.dataDir) ? nodeEnvironment(settings.dataDir, 'check-settings') : {}),
    },
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  child.stdin.on('error', () => {}).end(JSON.stringify(asked));
  const ended = new Promise<number | null>((resolve, reject) => child.on('error', reject).on('close', resolve));
  const [code, out, said] = await Promise.all([ended, text(child.stdout), text(child.stderr)]);
  if (code !== 0) throw new Error(`The settings of the services cannot be checked: ${said.trim()}`);
  return JSON.parse(out) as Record<string, readonly string[]>;
}

/** Whether there is a data folder that this user owns: compiled code is cached there, and nothing else is written. */
const isOurs = (dataDir: string): boolean => statSync(dataDir, { throwIfNoEntry: false })?.uid === process.getuid?.();

/** The environment of a service, with stand-ins for what the start will choose or make. */
function assumed(service: Service, settings: ReadSettings['settings']): NodeJS.ProcessEnv {
  const secret = `s${randomBytes(24).toString('hex')}`;
  const stand = {
    dataDir: settings.dataDir,
    settings,
    secrets: { getOrCreate: () => secret },
    ports: Object.fromEntries(services.flatMap(({ port }) => (port ? [[port.variable, port.default]] : []))),
    hubServiceSecret: settings.hubServiceSecret ?? secret,
    databaseUrls: { [roleOf(service)]: 'postgres://127.0.0.1/missions' },
    natsUrl: () => 'nats://127.0.0.1:4222',
  };
  const made = service.agent ? { MISSIONS_KEY: secret, AGENT_API_KEYS: secret } : {};
  return { ...made, ...environment(service, 0, stand) };
}
