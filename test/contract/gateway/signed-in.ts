import { openKeyDatabase } from '@missions/gateway/keys/database.ts';
import { createCode } from '@missions/gateway/sessions/codes.ts';
import { createLogger } from '@missions/runtime/logger.ts';
import { product } from '@missions/test-support/shared-product.ts';

/** A code with which a user of the customer may sign in. @param url of the gateway's database, by default the shared one */
export async function codeFor(customer_id: string, user_id: string, url?: string): Promise<string> {
  const at = url ?? (await product()).database.urlFor('gateway');
  const db = await openKeyDatabase(at, createLogger({ service: 'spec', level: 'error' }));
  try {
    return await createCode(db, { customer_id, user_id });
  } finally {
    await db.close();
  }
}

/** A call as a page of the product's own address makes it. */
export const fromOwnPage = { 'sec-fetch-site': 'same-origin', authorization: null, 'x-customer-id': null } as const;

export interface Browser {
  /** The headers of a call from the product's own page with the session's cookie. */
  readonly headers: Readonly<Record<string, string | null>>;
  readonly session: { readonly id: string };
}

/** Signs a user in at a gateway, the shared product's by default. @param url of the gateway's database */
export async function signedIn(customer_id: string, user_id: string, origin?: string, url?: string): Promise<Browser> {
  const at = origin ?? (await product()).origin;
  const code = await codeFor(customer_id, user_id, url);
  const response = await fetch(`${at}/auth/code`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'sec-fetch-site': 'same-origin' },
    body: JSON.stringify({ code }),
  });
  if (response.status !== 204) throw new Error(`not signed in: ${response.status} ${await response.text()}`);
  const [cookie = ''] = response.headers.getSetCookie().map((line) => line.split(';', 1)[0] ?? '');
  const listed = await fetch(`${at}/api/v1/sessions`, { headers: { cookie } });
  const { sessions } = (await listed.json()) as { sessions: { id: string; current: boolean }[] };
  const session = sessions.find(({ current }) => current);
  if (!session) throw new Error('the session is not listed');
  return { headers: { ...fromOwnPage, 'x-user-id': null, cookie }, session };
}
