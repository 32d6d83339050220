import type { Database } from '@missions/persistence/database.ts';
import { connectStandalone } from '@missions/persistence/session.ts';

/** The right to follow a mailbox: one of all copies of the service has it, by an advisory lock of a session of PostgreSQL's. */
export interface MailboxLock {
  readonly held: boolean;
  leave(): Promise<void>;
}

const LOCK = `hashtextextended('mailbox ' || $1, 0)`;

/** undefined while another copy has it. @param lost is called when the connection that holds it is gone: somebody else may have it then. */
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
