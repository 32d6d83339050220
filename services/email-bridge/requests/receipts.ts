import { addressKey } from '@missions/contracts/email/address.ts';
import { needsReceipt } from '@missions/contracts/email/requests.ts';
import { invalid } from '@missions/contracts/schema.ts';
import { type Endpoint, endpoint } from '@missions/messaging/endpoint.ts';
import { autocommit } from '@missions/persistence/transaction.ts';
import type { Context } from '../commands/execute-command.ts';
import type { EmailConfig } from '../config.ts';
import { knownAmong } from '../store/known-recipients.ts';

type Asked = Pick<Context, 'db'> & { readonly config: Pick<EmailConfig, 'emailRequiresReceipt'> };

/** Who is written to is known once the user has had mail with them; a reminder goes to those only. */
export const receiptEndpoints = ({ db, config: { emailRequiresReceipt: mode } }: Asked): Endpoint[] => [
  endpoint(needsReceipt, async ({ caller: { customer_id, user_id }, input: { recipients } }) => {
    if (mode !== 'unknown-recipients') return { body: { needed: mode === 'all', unknown: [], mode } };
    if (recipients === undefined) return { body: { needed: false, unknown: [], mode } };
    if (user_id === null) throw invalid([{ path: '/user_id', message: 'is required: name the user who sends' }]);
    const keys = recipients.map(addressKey);
    const known = await knownAmong(autocommit(db), { customer_id, user_id }, keys);
    const unknown = recipients.filter((_, index) => !known.has(keys[index] ?? ''));
    return { body: { needed: unknown.length > 0, unknown, mode } };
  }),
];
