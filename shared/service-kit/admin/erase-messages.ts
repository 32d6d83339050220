import { connectAdmin } from '@missions/messaging/admin/admin-connection.ts';
import { runAdminProgram, UsageError } from '@missions/runtime/admin-program.ts';
import { isUuid } from '@missions/runtime/id.ts';
import { busAdminConfig } from '../config.ts';

/**
 * `erase-messages.ts [<mission id>]`: overwrites what the streams hold of that erased mission; without an id, of all
 * missions whose erasure they still announce. NATS_URL names the user `eraser`. May be repeated at any time.
 */
await runAdminProgram({}, async ({ positionals }) => {
  if (positionals.length > 1 || positionals.some((id) => !isUuid(id)))
    throw new UsageError('erase-messages [<mission id>], where the id is the UUID of an erased mission.');
  const admin = await connectAdmin(busAdminConfig().natsUrl);
  try {
    return { streams: await admin.eraseMessages(positionals.length > 0 ? positionals : undefined) };
  } finally {
    await admin.close();
  }
});
