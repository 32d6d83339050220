import { byOperator } from '@missions/contracts/audit.ts';
import { connectAdmin } from '@missions/messaging/admin/admin-connection.ts';
import { runAdminProgram } from '@missions/runtime/admin-program.ts';
import { audited } from '../audited.ts';
import { operatorName, provisioningConfig, recordingConfig } from '../config.ts';

/**
 * `provision.ts`: makes the streams and the services' consumers, or updates them; may be repeated at any time. NATS_URL
 * names a login that may do so. With DATABASE_URL, which is the gateway's, the deed is recorded there.
 */
await runAdminProgram({}, async () => {
  const { nats, ...streams } = provisioningConfig();
  const admin = await connectAdmin(nats);
  try {
    const { databaseUrl: url } = recordingConfig();
    if (url === undefined) return await admin.provision(streams);
    const target = { kind: 'stream', id: '' } as const;
    const by = byOperator(operatorName());
    const deed = { customer_id: '', by, action: 'streams.provisioned', target, mission_id: null } as const;
    return await audited({ url, schema: 'gateway' }, deed, () => admin.provision(streams));
  } finally {
    await admin.close();
  }
});
