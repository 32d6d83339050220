import { byOperator } from '@missions/contracts/audit.ts';
import { connectAdmin } from '@missions/messaging/admin/admin-connection.ts';
import { runAdminProgram, UsageError } from '@missions/runtime/admin-program.ts';
import { audited } from '../audited.ts';
import { busAdminConfig, operatorName, recordingConfig } from '../config.ts';

/**
 * `subscribers.ts add|remove <name>`: what a subscriber needs on NATS beside a login. `add` makes the mirrors of the
 * event streams, unless they exist; `remove` removes the consumers that bear the subscriber's name. NATS_URL names the
 * provisioner. With DATABASE_URL, which is the gateway's, the deed is recorded there.
 */
const actions = { add: 'subscriber.added', remove: 'subscriber.removed' } as const;

await runAdminProgram({}, async ({ positionals: [verb = '', name, ...more] }) => {
  if ((verb !== 'add' && verb !== 'remove') || name === undefined || more.length > 0)
    throw new UsageError('subscribers add|remove <name>');
  const admin = await connectAdmin(busAdminConfig());
  const act = async () =>
    verb === 'add'
      ? { mirrors: (await admin.provision({ mirrors: true })).mirrors }
      : { consumers_removed_from: await admin.removeSubscriberConsumers(name) };
  try {
    const { databaseUrl: url } = recordingConfig();
    if (url === undefined) return await act();
    const target = { kind: 'subscriber', id: name } as const;
    const by = byOperator(operatorName());
    const deed = { customer_id: '', by, action: actions[verb], target, mission_id: null } as const;
    return await audited({ url, schema: 'gateway' }, deed, act);
  } finally {
    await admin.close();
  }
});
