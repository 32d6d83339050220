import { readFileSync } from 'node:fs';
import { subscribersConf } from '@missions/deploy/nats/subscribers.ts';
import { PROVISIONER } from '@missions/messaging/admin/admin-connection.ts';
import { type StartOptions, startServers, type TestServers } from './test-servers.ts';

/** Servers with the deployed configuration: NATS checks which user may publish and subscribe to which subjects. */
export interface DeployedServers extends TestServers {
  /** URL with the name and password of a user: a service, or OBSERVER. */
  natsUrlFor(user: string): string;
}

/** A user of NATS that exists in tests only and may publish and subscribe to everything. */
export const OBSERVER = 'observer';

export const PASSWORD = 'test';
const deployed = readFileSync(new URL('../../deploy/nats/server.conf', import.meta.url), 'utf8');
const USERS = /users:\s*\[/;

/** The deployed configuration of NATS with an observer, and the passwords that it takes from the environment. */
export function deployedNats(subscribers: readonly string[] = []): { config: string; env: Record<string, string> } {
  if (!USERS.test(deployed))
    throw new Error('deploy/nats/server.conf has no list of users any more, where the observer could be added');
  // Passwords are in double quotes, as deploy/nats/server.conf requires.
  const config = deployed
    .replace(USERS, `$& { user: ${OBSERVER}, password: "${PASSWORD}" }`)
    .replace('include subscribers/subscribers.conf', () =>
      subscribersConf(subscribers.map((name) => ({ name, password: PASSWORD }))),
    );
  const variables = [...config.matchAll(/\$(\w+_NATS_PASSWORD)\b/g)].map(([, variable]) => variable as string);
  return { config, env: Object.fromEntries(variables.map((variable) => [variable, PASSWORD])) };
}

/** See `StartOptions`. */
export async function startDeployedServers({
  durable = false,
  disks = {},
  subscribers = [],
}: Pick<StartOptions, 'durable' | 'disks'> & {
  /** Names of subscribers, as `missions subscribers add` makes their logins. */
  subscribers?: readonly string[];
} = {}): Promise<DeployedServers> {
  const { config, env } = deployedNats(subscribers);
  const provisionAs = `${PROVISIONER}:${PASSWORD}`;
  const servers = await startServers({ durable, disks, nats: { config, env }, provisionAs });
  return { ...servers, natsUrlFor: (user) => servers.natsUrl.replace('://', `://${user}:${PASSWORD}@`) };
}
