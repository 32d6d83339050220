import { byProduct } from '@missions/contracts/audit.ts';
import { recordDeeds } from '@missions/persistence/audit/record.ts';
import { autocommit, transaction } from '@missions/persistence/transaction.ts';
import type { Device, PushMessage } from '../domain/notice.ts';
import { markUsed, readDevices, removeDevice } from '../store/devices.ts';
import { lockPerson, type UserKey } from '../store/people.ts';
import { lookAgain } from '../store/subjects.ts';
import type { Context } from './context.ts';

export interface PushedTo {
  /** The devices whose push service has it now. */
  readonly devices: readonly string[];
  /** Why some are tried again; undefined: none is. */
  readonly later?: string;
  /** Why it went to none. */
  readonly refused?: string;
}

/**
 * Sends a message to devices of a user, all at once: one push service that hangs delays no other. A device that its
 * browser has given up is forgotten.
 * @param isMeant of the user's devices, those that are to have it
 */
export async function pushUser(
  context: Context,
  { customer_id, user_id }: UserKey,
  isMeant: (device: Device) => boolean,
  message: PushMessage,
  { lifetimeMs, stopping }: { readonly lifetimeMs: number; readonly stopping: AbortSignal },
): Promise<PushedTo> {
  const { db, push, clock, logger } = context;
  if (!push) return { devices: [], refused: 'push is not available' };
  const user = { customer_id, user_id };
  const meant = (await readDevices(autocommit(db), user)).filter(isMeant);
  const results = await Promise.all(
    meant.map(async (device) => ({
      device,
      result: await push.send(device, message, lifetimeMs / 1_000, stopping),
    })),
  );
  const having = results.flatMap(({ device: { id }, result }) => (result.kind === 'sent' ? [id] : []));
  if (having.length > 0) await markUsed(autocommit(db), user, having, clock.now());
  let [later, refused]: (string | undefined)[] = [];
  for (const { device, result } of results) {
    if (result.kind === 'gone') await forget(context, user, device.id);
    if (result.kind === 'later') later = result.reason;
    if (result.kind !== 'sent') refused = result.reason;
    if (result.kind === 'refused')
      logger.warn({ device: device.id, reason: result.reason }, 'a device was not pushed to');
  }
  return { devices: having, ...(later !== undefined && { later }), ...(refused !== undefined && { refused }) };
}

/** Without it, the user may have to be told elsewhere, and earlier. */
async function forget({ db, clock, dueStored }: Context, user: UserKey, id: string): Promise<void> {
  const now = clock.now();
  await transaction(db, async (tx) => {
    await lockPerson(tx, user, now);
    if (!(await removeDevice(tx, user, id))) return;
    await lookAgain(tx, user, now);
    const target = { kind: 'device', id } as const;
    const deed = { by: byProduct, action: 'device.removed', target, mission_id: null, result: 'done' } as const;
    await recordDeeds(tx, [{ customer_id: user.customer_id, ...deed }]);
    tx.afterCommit(() => dueStored(now.getTime()));
  });
}
