import type { NewDevice, PushDevice } from '@missions/contracts/notifier/devices.ts';
import { statement } from '@missions/persistence/statement.ts';
import type { Tx } from '@missions/persistence/transaction.ts';
import type { Device } from '../domain/notice.ts';
import type { UserKey } from './people.ts';

const shown = 'id, name, iso(added_at) as created_at, iso(last_sent_at) as last_used_at';

const list = statement(
  'device.list',
  `select ${shown} from device where customer_id = $1 and user_id = $2 order by added_at, id`,
);
export const listDevices = (tx: Tx, { customer_id, user_id }: UserKey): Promise<PushDevice[]> =>
  tx.run<PushDevice>(list, [customer_id, user_id]);

const reach = statement(
  'device.reach',
  'select id, endpoint, p256dh, auth from device where customer_id = $1 and user_id = $2 order by added_at, id',
);
/** With what is needed to send to them. */
export const readDevices = (tx: Tx, { customer_id, user_id }: UserKey): Promise<Device[]> =>
  tx.run<Device>(reach, [customer_id, user_id]);

const owner = statement(
  'device.owner',
  'select user_id from device where customer_id = $1 and endpoint = $2 for update',
);
/** Whose device this browser is now. */
export async function ownerOf(tx: Tx, customerId: string, endpoint: string): Promise<string | undefined> {
  const [row] = await tx.run<{ user_id: string }>(owner, [customerId, endpoint]);
  return row?.user_id;
}

/** A browser that changes hands is a new device: what its former user knows of it ends. */
const save = statement(
  'device.save',
  `insert into device (customer_id, id, user_id, endpoint, p256dh, auth, name, added_at)
   values ($1, $2, $3, $4, $5, $6, $7, $8)
   on conflict (customer_id, endpoint) do update set user_id = excluded.user_id, p256dh = excluded.p256dh,
     auth = excluded.auth, name = excluded.name,
     id = case when device.user_id = excluded.user_id then device.id else excluded.id end,
     added_at = case when device.user_id = excluded.user_id then device.added_at else excluded.added_at end,
     last_sent_at = case when device.user_id = excluded.user_id then device.last_sent_at end
   returning ${shown}`,
);
export async function saveDevice(
  tx: Tx,
  { customer_id, user_id }: UserKey,
  id: string,
  { endpoint, keys, name = 'Browser' }: NewDevice,
  now: Date,
): Promise<PushDevice> {
  const [row] = await tx.run<PushDevice>(save, [
    ...[customer_id, id, user_id, endpoint, keys.p256dh, keys.auth, name, now],
  ]);
  return row as PushDevice;
}

const remove = statement(
  'device.remove',
  'delete from device where customer_id = $1 and user_id = $2 and id = $3 returning 1',
);
/** @returns whether the user had it. */
export async function removeDevice(tx: Tx, { customer_id, user_id }: UserKey, id: string): Promise<boolean> {
  return (await tx.run(remove, [customer_id, user_id, id])).length > 0;
}

const used = statement(
  'device.used',
  'update device set last_sent_at = $4 where customer_id = $1 and user_id = $2 and id = any($3::uuid[])',
);
export const markUsed = (tx: Tx, { customer_id, user_id }: UserKey, ids: readonly string[], now: Date) =>
  tx.run(used, [customer_id, user_id, ids, now]);
