import { hash } from 'node:crypto';
import { byOperator } from '@missions/contracts/audit.ts';
import { recordDeeds } from '@missions/persistence/audit/record.ts';
import { onConnection, standaloneTransaction } from '@missions/persistence/standalone-transaction.ts';
import { execute, statement } from '@missions/persistence/statement.ts';
import { AdminFailure, runAdminProgram, UsageError, wholeNumber } from '@missions/runtime/admin-program.ts';
import { adminConfig, operatorName } from '@missions/service-kit/config.ts';

const fields = `'key', key, 'via', via, 'reverse_path', reverse_path, 'recipients', recipients, 'size', size,
  'reason', reason, 'received_at', iso(received_at), 'set_aside_at', iso(set_aside_at)`;
const list = statement(
  'operate.quarantine',
  `select json_build_object(${fields}) as mail from unread_mail where set_aside_at is not null
   order by set_aside_at desc, key limit $1`,
);
/** The bytes are a stranger's: shown as one character for each byte, which JSON escapes. */
const show = statement(
  'operate.quarantined',
  `select json_build_object(${fields}, 'head', encode(head, 'base64')) as mail from unread_mail
   where set_aside_at is not null and key = $1`,
);
const drop = statement(
  'operate.quarantine_drop',
  'delete from unread_mail where set_aside_at is not null and key = $1 returning key',
);

interface SetAsideMail {
  readonly head?: string;
}

/** Messages that could not be read and were set aside: `list`, `show <key>` with their first 64 KB, `drop <key>`. */
await runAdminProgram(
  { limit: { type: 'string', default: '50' } },
  async ({ values: { limit }, positionals: [action = 'list', key, ...more] }) => {
    if (!['list', 'show', 'drop'].includes(action) || more.length > 0 || (action === 'list') !== (key === undefined))
      throw new UsageError('Say list, show <key> or drop <key>; list shows the keys.');
    const maxRows = wholeNumber('--limit', limit, 0);
    return await onConnection({ url: adminConfig().databaseUrl, schema: 'email_bridge' }, async (client) => {
      if (action === 'list') {
        const rows = await execute<{ mail: SetAsideMail }>(client, list, [maxRows]);
        return { set_aside: rows.map(({ mail }) => mail) };
      }
      const none = new AdminFailure(`No message with the key ${key} is set aside; list shows those that are.`);
      if (action === 'drop') {
        if (!(await dropMail(key ?? ''))) throw none;
        return { dropped: key };
      }
      const [found] = await execute<{ mail: SetAsideMail }>(client, show, [key]);
      if (!found) throw none;
      const { head = '', ...mail } = found.mail;
      return { ...mail, head: Buffer.from(head, 'base64').toString('latin1') };
    });
  },
);

/** The key may be a message id that a stranger wrote, so its digest is recorded. */
function dropMail(key: string): Promise<boolean> {
  return standaloneTransaction({ url: adminConfig().databaseUrl, schema: 'email_bridge' }, async (tx) => {
    if ((await tx.run(drop, [key])).length === 0) return false;
    const target = { kind: 'mail', id: hash('sha256', key, 'hex') } as const;
    const by = byOperator(operatorName());
    await recordDeeds(tx, [{ customer_id: '', by, action: 'mail.dropped', target, mission_id: null, result: 'done' }]);
    return true;
  });
}
