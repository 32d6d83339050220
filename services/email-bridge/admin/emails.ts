import { type EmailStatus, emailStatuses } from '@missions/contracts/email/email.ts';
import { onConnection } from '@missions/persistence/standalone-transaction.ts';
import { execute, statement } from '@missions/persistence/statement.ts';
import { isUuid } from '@missions/runtime/id.ts';
import { runAdminProgram, UsageError, wholeNumber } from '@missions/runtime/admin-program.ts';
import { adminConfig } from '@missions/service-kit/config.ts';
import { progressOf } from '../domain/recipients.ts';
import type { Email } from '../domain/state.ts';
import { mailQueue as queue } from '../store/mail-queue.ts';

/** Without the texts of e-mails and replies: operators do not read them. */
const list = statement(
  'operate.emails',
  `select json_build_object('id', e.id, 'customer_id', e.customer_id, 'user_id', e.user_id,
     'mission_id', e.mission_id, 'task_id', e.task_id, 'status', e.status, 'subject', e.subject,
     'message_id', e.message_id, 'recipients', e.recipients, 'follow_ups', e.follow_ups, 'last_error', e.last_error,
     'replies', (select count(*)::int from reply r where r.customer_id = e.customer_id and r.email_id = e.id),
     'sent_at', iso(e.sent_at), 'expires_at', iso(e.expires_at), 'created_at', iso(e.created_at)) as email
   from email e
   where e.token is not null and ($1::uuid is null or e.mission_id = $1) and ($2::text is null or e.status = $2)
   order by e.created_at desc, e.id desc limit $3`,
);
/**
 * Tracked e-mails, newest first, of one mission or with one status, and the number of messages that are still to be
 * sent. How many messages from outside were set aside is counted as well; `quarantine.ts` lists them.
 */
await runAdminProgram(
  { mission: { type: 'string' }, status: { type: 'string' }, limit: { type: 'string', default: '50' } },
  async ({ values: { mission, status, limit } }) => {
    if (mission !== undefined && !isUuid(mission)) throw new UsageError('--mission must be the id of a mission.');
    if (status !== undefined && !emailStatuses.includes(status as EmailStatus))
      throw new UsageError(`--status must be one of ${emailStatuses.join(', ')}.`);
    const maxRows = wholeNumber('--limit', limit, 0);
    return await onConnection({ url: adminConfig().databaseUrl, schema: 'email_bridge' }, async (client) => {
      const emails = await execute<{ email: Pick<Email, 'recipients'> }>(client, list, [
        mission ?? null,
        status ?? null,
        maxRows,
      ]);
      const [queued] = await execute<object>(client, queue);
      return {
        emails: emails.map(({ email: { recipients, ...email } }) => ({ ...email, ...progressOf({ recipients }) })),
        ...queued,
      };
    });
  },
);
