import { type Static, Type } from 'typebox';
import { closed, Nullable, Time, Uuid } from '../fields.ts';
import { defineRequest } from '../request.ts';

/** Browsers that take push messages for a user (RFC 8030, 8291). */

/** As `PushSubscription.toJSON()` of the browser has it; `name` is the user's own word for the device. */
export const NewDevice = Type.Object(
  {
    endpoint: Type.String({
      format: 'uri',
      pattern: '^https?://',
      maxLength: 2000,
      description: 'at the push service of the browser, with https: `https://push.example/4711`',
    }),
    keys: Type.Object(
      {
        p256dh: Type.String({ pattern: '^[A-Za-z0-9_-]{87,88}=?$', description: '65 bytes, base64url' }),
        auth: Type.String({ pattern: '^[A-Za-z0-9_-]{22}={0,2}$', description: '16 bytes, base64url' }),
      },
      closed,
    ),
    expirationTime: Type.Optional(Nullable(Type.Number())),
    name: Type.Optional(Type.String({ minLength: 1, maxLength: 100 })),
  },
  closed,
);
export type NewDevice = Static<typeof NewDevice>;

/** What is shown of a device: never its endpoint and keys, by which it is reached. */
export const PushDevice = Type.Object(
  {
    id: Uuid,
    name: Type.String(),
    created_at: Time,
    last_used_at: Nullable(Time),
  },
  { $id: 'PushDevice' },
);
export type PushDevice = Static<typeof PushDevice>;

export const PushDevices = Type.Object(
  {
    devices: Type.Array(PushDevice),
    public_key: Nullable(
      Type.String({
        description: '`applicationServerKey` of a new subscription (RFC 8292); null: push is not available, see why',
      }),
    ),
    why: Type.Optional(Type.String()),
  },
  { $id: 'PushDevices' },
);
export type PushDevices = Static<typeof PushDevices>;

/** Requests to the notifier. The user is always the caller's. */
const Nothing = Type.Object({}, closed);
export const listDevices = defineRequest('notifier', 'devices', Nothing, PushDevices);
export const addDevice = defineRequest('notifier', 'add_device', NewDevice, PushDevice);
export const removeDevice = defineRequest(
  'notifier',
  'remove_device',
  Type.Object({ device_id: Type.String({ maxLength: 64 }) }, closed),
  Nothing,
);
