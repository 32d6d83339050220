import { callerKeyEnv } from './caller-keys.ts';
import { type Program, program } from './program.ts';
import { product } from './shared-product.ts';

/**
 * A further gateway of the shared product, with settings of its own. The caller starts and stops it. Its settings may be
 * made when it starts, as those that name its own port are.
 */
export async function furtherGateway(
  name: string,
  env: Record<string, string> | (() => Record<string, string>),
): Promise<Program> {
  const { servers, database, secret, folder } = await product();
  return await program({
    name,
    script: 'services/gateway/main.ts',
    env: (port) => ({
      PORT: String(port),
      NATS_URL: servers.natsUrlFor('gateway'),
      ...callerKeyEnv('gateway'),
      DATABASE_URL: database.urlFor('gateway'),
      HUB_SERVICE_SECRET: secret,
      ...(typeof env === 'function' ? env() : env),
    }),
    folder,
  });
}
