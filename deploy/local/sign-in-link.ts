import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { LaunchContext } from './service-process.ts';

/** For the startup summary. */
export type SignInLink = { link: string; minutes: number } | { failed: string };

const PROVIDER = ['OIDC_ISSUER', 'OIDC_CLIENT_ID', 'OIDC_CLIENT_SECRET'];

/**
 * A link by which the default user signs in, once; undefined if users sign in at the operator's identity provider. The
 * code stands in the fragment, which browsers send to no server.
 */
export async function signInLink(
  { root, settings, databaseUrls }: LaunchContext,
  publicUrl: string,
): Promise<SignInLink | undefined> {
  if (PROVIDER.every((variable) => settings.perService['gateway']?.[variable] !== undefined)) return undefined;
  const user = settings.perService['agent']?.['DEFAULT_USER_ID'] ?? 'me';
  try {
    const { stdout } = await promisify(execFile)(
      process.execPath,
      [join(root, 'services/gateway/admin/sign-in.ts'), '--user', user],
      { env: { ...settings.inherited, DATABASE_URL: databaseUrls['gateway'] } },
    );
    const { code, minutes } = JSON.parse(stdout) as { code: string; minutes: number };
    return { link: `${publicUrl.replace(/\/$/, '')}/sign-in#${code}`, minutes };
  } catch (error) {
    const { stderr = '', message } = error as Error & { stderr?: string };
    return { failed: stderr.trim() || message };
  }
}
