import type { Database } from '@missions/persistence/database.ts';
import { connectStandalone } from '@missions/persistence/session.ts';

/** The leader lock of a mailbox: a PostgreSQL advisory lock, which one replica's session holds at a time. */
export interface MailboxLock {
  /** False once the session is gone; another replica may hold the lock then. */
  readonly held: boolean;
  leave(): Promise<void>;
}

const LOCK = `hashtextextended('mailbox ' || $1, 0)`;

/**
 * @param lost called when the session that holds the lock is gone.
 * @returns undefined while another replica holds the lock.
 */
export async function acquireMailboxLock(
  { options }: Database,
  mailbox: string,
  lost: () => void,
): Promise<MailboxLock | undefined> {
  const { url, schema, statementTimeoutMs } = options;
  const client = await connectStandalone({ url, schema, statementTimeoutMs, name: `${schema} mailbox` });
  let held = false;
  client.on('end', () => {
    held = false;
    lost();
  });
  try {
    const { rows } = await client.query<{ taken: boolean }>(`select pg_try_advisory_lock(${LOCK}) as taken`, [mailbox]);
    held = rows[0]?.taken === true;
  } finally {
    if (!held) await client.end();
  }
  if (!held) return undefined;
  return {
    get held() {
      return held;
    },
    async leave() {
      if (held) await client.end();
    },
  };
}
