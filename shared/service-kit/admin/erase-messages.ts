import { byOperator } from '@missions/contracts/audit.ts';
import { connectAdmin } from '@missions/messaging/admin/admin-connection.ts';
import { runAdminProgram, UsageError } from '@missions/runtime/admin-program.ts';
import { isUuid } from '@missions/runtime/id.ts';
import { audited } from '../audited.ts';
import { busAdminConfig, operatorName, recordingConfig } from '../config.ts';

/**
 * `erase-messages.ts [<mission id>]`: overwrites what the streams hold of that erased mission; without an id, of all
 * missions whose erasure they still announce. NATS_URL names the user `eraser`. With DATABASE_URL, which is the
 * gateway's, the deed is recorded there. May be repeated at any time.
 */
await runAdminProgram({}, async ({ positionals }) => {
  if (positionals.length > 1 || positionals.some((id) => !isUuid(id)))
    throw new UsageError('erase-messages [<mission id>], where the id is the UUID of an erased mission.');
  const id = positionals[0]?.toLowerCase() ?? null;
  const admin = await connectAdmin(busAdminConfig());
  try {
    const erase = async () => ({ streams: await admin.eraseMessages(id === null ? undefined : [id]) });
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
