import { fileURLToPath } from 'node:url';
import type { DeployedServers } from '@missions/test-support/deployed-servers.ts';
import type { TestDatabase } from '@missions/test-support/test-database.ts';
import type { Product } from '@missions/test-support/product.ts';
import { run } from './shell.ts';

const command = fileURLToPath(new URL('../../deploy/cli/missions.ts', import.meta.url));

export interface CommandOutput {
  code: number;
  /** The document of `--json`. */
  value: any;
  stdout: string;
  stderr: string;
}

/** Runs the operators' command on a product, as a process of its own. `json` adds `--json` and parses the output. */
export function operators(
  servers: DeployedServers,
  database: TestDatabase,
  product: Pick<Product, 'origin'>,
  env: Record<string, string> = {},
) {
  const around = {
    ...Object.fromEntries(
      ['mission', 'approval', 'scheduler', 'email_bridge', 'notifier', 'gateway'].map((name) => [
        `${name.toUpperCase()}_DATABASE_URL`,
        database.urlFor(name),
      ]),
    ),
    OPERATOR_NATS_URL: servers.natsUrlFor('operator'),
    PROVISIONER_NATS_URL: servers.natsUrlFor('provisioner'),
    ERASER_NATS_URL: servers.natsUrlFor('eraser'),
    GATEWAY_URL: product.origin,
    ...env,
  };
  const execute = async (...args: string[]): Promise<CommandOutput> => {
    const { code, stdout, stderr } = await run(process.execPath, [command, ...args], around);
    return { code, stdout, stderr, value: args.includes('--json') && stdout !== '' ? JSON.parse(stdout) : undefined };
  };
  return {
    execute,
    /** @throws Error unless the command ends with code 0. */
    async json(...args: string[]): Promise<any> {
      const output = await execute(...args, '--json');
      if (output.code !== 0) throw new Error(`missions ${args.join(' ')}: ${output.code} ${output.stderr}`);
      return output.value;
    },
  };
}
