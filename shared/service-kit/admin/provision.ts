import { connectAdmin } from '@missions/messaging/admin/admin-connection.ts';
import { runAdminProgram } from '@missions/runtime/admin-program.ts';
import { busAdminConfig } from '../config.ts';

/**
 * `provision.ts`: makes the streams and the services' consumers, or updates them; may be repeated at any time. NATS_URL
 * names a login that may do so.
 */
await runAdminProgram({}, async () => {
  const admin = await connectAdmin(busAdminConfig().natsUrl);
  try {
    return await admin.provision();
  } finally {
    await admin.close();
  }
});
