import { readFileSync } from 'node:fs';
import { startServers, type TestServers } from './test-servers.ts';

/** Private servers as they are deployed: NATS checks who may publish and hear what. */
export interface DeployedServers extends TestServers {
  /** With that user's name and password: a service's, or OBSERVER's. */
  natsUrlFor(user: string): string;
}

/** A user of NATS that only tests have: it may do what it likes. */
export const OBSERVER = 'observer';

const PASSWORD = 'test';
const deployed = readFileSync(new URL('../../deploy/nats/server.conf', import.meta.url), 'utf8');
const USERS = /users:\s*\[/;

/** `durable`: see `StartOptions`. */
export async function startDeployedServers({ durable = false } = {}): Promise<DeployedServers> {
  if (!USERS.test(deployed))
    throw new Error('deploy/nats/server.conf has no list of users any more, where the observer could be added');
  // Quoted, as the configuration asks for.
  const config = deployed.replace(USERS, `$& { user: ${OBSERVER}, password: "${PASSWORD}" }`);
  const variables = [...config.matchAll(/\$(\w+_NATS_PASSWORD)\b/g)].map(([, variable]) => variable as string);
  const env = Object.fromEntries(variables.map((variable) => [variable, PASSWORD]));
  const servers = await startServers({ durable, nats: { config, env } });
  return { ...servers, natsUrlFor: (user) => servers.natsUrl.replace('://', `://${user}:${PASSWORD}@`) };
}
