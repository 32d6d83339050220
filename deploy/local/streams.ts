import { spawn } from 'node:child_process';
import { join } from 'node:path';

const PROGRAM = 'shared/service-kit/admin/provision.ts';

/**
 * Makes the streams and consumers of NATS by the program behind `missions provision`, as the deployment of the
 * containers does: the services' own logins may not. It is a process of its own, because the launcher imports nothing
 * of the product. @throws Error with what the program says.
 */
export async function provisionStreams(root: string, natsUrl: string, env: NodeJS.ProcessEnv): Promise<void> {
  const child = spawn(process.execPath, [join(root, PROGRAM)], {
    cwd: root,
    env: { ...env, NATS_URL: natsUrl },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let said = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => (said += text));
  const code = await new Promise<number | null>((resolve, reject) => child.on('error', reject).on('close', resolve));
  if (code !== 0)
    throw new Error(
      `The streams and consumers cannot be made at ${new URL(natsUrl.split(',')[0] ?? '').host}: ${said.trim()}\n` +
        '  With a NATS server of your own, NATS_URL names a login that may make them (deploy/README.md).',
    );
}
