import { type Static, Type } from 'typebox';
import { closed, Nullable, Time, Uuid } from '../fields.ts';

/** Browsers that take push messages for a user (RFC 8030, 8291). */

/** As `PushSubscription.toJSON()` of the browser has it; `name` is the user's own word for the device. */
export const NewDevice = Type.Object(
  {
    endpoint: Type.String({
      format: 'uri',
      pattern: '^https://',
      maxLength: 2000,
      description: 'https://push.example',
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

export const PushDevice = Type.Object(
  { id: Uuid, name: Type.String(), added_at: Time, last_sent_at: Nullable(Time) },
  { $id: 'PushDevice' },
);

export const PushDevices = Type.Object(
  {
    devices: Type.Array(PushDevice),
    public_key: Nullable(
      Type.String({
        description: '`applicationServerKey` of a new subscription; null: push is not available, see why',
      }),
    ),
    why: Type.Optional(Type.String()),
  },
  { $id: 'PushDevices' },
);
