import { byCaller, type IntendedDeed } from '@missions/contracts/audit.ts';
import { Problem } from '@missions/contracts/errors.ts';
import { addDevice, listDevices as list, removeDevice as remove } from '@missions/contracts/notifier/devices.ts';
import type { Caller } from '@missions/contracts/request.ts';
import { invalid } from '@missions/contracts/schema.ts';
import { type Endpoint, endpoint } from '@missions/messaging/endpoint.ts';
import { recordDeeds } from '@missions/persistence/audit/record.ts';
import { recordRefusal } from '@missions/persistence/audit/refusals.ts';
import { autocommit, transaction } from '@missions/persistence/transaction.ts';
import { isUuid } from '@missions/runtime/id.ts';
import type { Context } from '../commands/context.ts';
import { listDevices, ownerOf, readDevices, removeDevice, saveDevice } from '../store/devices.ts';
import { lockPerson } from '../store/people.ts';
import { lookAgain } from '../store/subjects.ts';
import { userOf } from './caller.ts';

/** Each is a connection for every message; people have a few. */
const MAX_DEVICES = 20;
const NO_KEYS =
  'The keys that devices have subscribed with are sealed with another CALLER_KEY: start the notifier with both keys, ' +
  'the new one first.';

/** The browsers that show a user push messages. */
export const deviceEndpoints = (context: Context): Endpoint[] => [read(context), add(context), end(context)];

const read = ({ db, push }: Context) =>
  endpoint(list, async ({ caller }) => ({
    body: {
      devices: await listDevices(autocommit(db), userOf(caller)),
      ...(push ? { public_key: push.publicKey } : { public_key: null, why: NO_KEYS }),
    },
  }));

const add = (context: Context) =>
  endpoint(addDevice, async ({ caller, input }) => {
    if (!context.push) throw new Problem('UNAVAILABLE', NO_KEYS);
    const user = userOf(caller);
    const trouble = context.push.trouble({ endpoint: input.endpoint, p256dh: input.keys.p256dh });
    if (trouble !== undefined)
      throw invalid([{ path: trouble.startsWith('p256dh') ? '/keys/p256dh' : '/endpoint', message: trouble }]);
    const now = context.clock.now();
    const body = await transaction(context.db, async (tx) => {
      await lockPerson(tx, user, now);
      const others = (await readDevices(tx, user)).filter(({ endpoint: known }) => known !== input.endpoint);
      if (others.length >= MAX_DEVICES)
        throw invalid([
          { path: '', message: `you have ${MAX_DEVICES} devices: remove one by DELETE before you add another` },
        ]);
      const owner = await ownerOf(tx, user.customer_id, input.endpoint);
      const device = await saveDevice(tx, user, context.newId(), input, now);
      // What waits may have been planned for another channel, by either of them.
      await lookAgain(tx, user, now);
      if (owner !== undefined && owner !== user.user_id) await lookAgain(tx, { ...user, user_id: owner }, now);
      await recordDeeds(tx, [{ ...deed(caller, 'device.added', device.id), result: 'done' }]);
      return device;
    });
    context.dueStored(now.getTime());
    return { body };
  });

const end = (context: Context) =>
  endpoint(remove, async ({ caller, input: { device_id } }) => {
    const user = userOf(caller);
    const now = context.clock.now();
    const id = isUuid(device_id) ? device_id.toLowerCase() : '';
    const removed = deed(caller, 'device.removed', id);
    await transaction(context.db, async (tx) => {
      await lockPerson(tx, user, now);
      if (id === '' || !(await removeDevice(tx, user, id)))
        throw new Problem(
          'NOT_FOUND',
          'You have no such device: GET /api/v1/notifications/devices lists those you have.',
        );
      await lookAgain(tx, user, now);
      await recordDeeds(tx, [{ ...removed, result: 'done' }]);
    }).catch(async (error: unknown) => {
      await recordRefusal(context.db, [removed], error);
      throw error;
    });
    context.dueStored(now.getTime());
    return { body: {} };
  });

const deed = (caller: Caller, action: IntendedDeed['action'], id: string): IntendedDeed => ({
  customer_id: caller.customer_id,
  by: byCaller(caller),
  action,
  target: { kind: 'device', id },
  mission_id: null,
});
