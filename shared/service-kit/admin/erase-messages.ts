import { byOperator } from '@missions/contracts/audit.ts';
import { connectAdmin } from '@missions/messaging/admin/admin-connection.ts';
import { runAdminProgram, UsageError } from '@missions/runtime/admin-program.ts';
import { isUuid } from '@missions/runtime/id.ts';
import { audited } from '../audited.ts';
import { busAdminConfig, operatorName, recordingConfig } from '../config.ts';

const options = { customer: { type: 'string' }, user: { type: 'string' } } as const;

/**
 * `erase-messages.ts [<mission id>]`: overwrites what the streams hold of that erased mission; with `--customer <id>`
 * and perhaps `--user <id>`, of all that is theirs; without either, of all missions whose erasure they still announce. NATS_URL names the user `eraser`. With DATABASE_URL, which is the
 * gateway's, the deed is recorded there. May be repeated at any time.
 */
await runAdminProgram(options, async ({ values: { customer, user = null }, positionals }) => {
  if (
    positionals.length > (customer === undefined ? 1 : 0) ||
    (user !== null && customer === undefined) ||
    positionals.some((id) => !isUuid(id))
  )
    throw new UsageError('erase-messages [<mission id>], where the id is the UUID of an erased mission.');
  const id = positionals[0]?.toLowerCase() ?? null;
  const of = customer !== undefined ? { customer_id: customer, user_id: user } : id === null ? undefined : [id];
  const admin = await connectAdmin(busAdminConfig());
  try {
    const erase = async () => ({ streams: await admin.eraseMessages(of) });
    const { databaseUrl: url } = recordingConfig();
    if (url === undefined) return await erase();
    const target = id === null ? ({ kind: 'stream', id: '' } as const) : ({ kind: 'mission', id } as const);
    const by = byOperator(operatorName());
    const deed = { customer_id: '', by, action: 'messages.erased', target, mission_id: id } as const;
    return await audited({ url, schema: 'gateway' }, deed, erase);
  } finally {
    await admin.close();
  }
});
