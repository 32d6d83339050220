import { furtherGateway } from '@missions/test-support/further-gateway.ts';
import { pageFolder } from '@missions/test-support/page-folder.ts';
import type { Program } from '@missions/test-support/program.ts';
import { product } from '@missions/test-support/shared-product.ts';
import { type RunningProvider, runningProvider } from './sign-in-provider.ts';

export interface GatewayWithProvider {
  readonly started: Program;
  readonly running: RunningProvider;
  /** Origin of the gateway. */
  readonly at: string;
  readonly secret: string;
}

/** A further gateway of the shared product, whose users sign in at a provider of its own. The caller stops both. */
export async function gatewayWithProvider(
  name: string,
  authentication: 'client_secret_basic' | 'client_secret_post' = 'client_secret_basic',
): Promise<GatewayWithProvider> {
  const { secret } = await product();
  const page = await pageFolder();
  let env: Readonly<Record<string, string>> = {};
  const started = await furtherGateway(name, () => ({
    NODE_ENV: 'production',
    RATE_LIMIT_PER_ADDRESS: '0',
    OIDC_CUSTOMER_CLAIM: 'org',
    DASHBOARD_DIR: page,
    ...env,
  }));
  const at = `http://127.0.0.1:${started.port}`;
  const running = await runningProvider(`${at}/auth/oidc/callback`, authentication);
  ({ env } = running);
  await started.start();
  return { started, running, at, secret };
}
