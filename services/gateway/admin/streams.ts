import { connectAdmin } from '@missions/messaging/admin/admin-connection.ts';
import { runAdminProgram } from '@missions/runtime/admin-program.ts';
import { busAdminConfig } from '@missions/service-kit/config.ts';

/** Every stream with its consumers. */
await runAdminProgram({}, async () => {
  const line = await connectAdmin(busAdminConfig());
  try {
    return await line.streams();
  } finally {
    await line.close();
  }
});
