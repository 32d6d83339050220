import { type Static, Type } from 'typebox';
import { Identifier, Nullable, Time, Uuid } from '../fields.ts';
import type { Action } from './action.ts';
import { type InputRequest, Response } from './input-request.ts';
import { Approval } from './several-people.ts';

const Sha256 = Type.String({ description: 'SHA-256 of RFC 8785 canonical JSON, in hexadecimal digits' });

/** What a receipt is made of. */
export interface ReceiptContent {
  readonly question: InputRequest;
  readonly option: string;
  readonly effective_action: Action;
  readonly responded_by: string;
  /** Who has delegated to them. */
  readonly on_behalf_of?: string | undefined;
  /** Where several people had to approve. */
  readonly approved_by?: readonly Approval[] | undefined;
  readonly via: ReceiptClaims['via'];
  readonly responded_at: string;
}

/** What a receipt is signed over (specification section 8 "Receipts"). */
export const ReceiptClaims = Type.Object({
  /** The product's own address. */
  iss: Type.String(),
  jti: Uuid,
  customer_id: Identifier,
  mission_id: Uuid,
  task_id: Nullable(Uuid),
  request_id: Uuid,
  asked_at: Time,
  /** Of `{prompt, options, context, action}`, as the user was shown them. */
  shown_sha256: Sha256,
  option: Type.String(),
  effective_action_sha256: Sha256,
  responded_by: Identifier,
  /** Who has delegated to `responded_by`; else the user of the mission, where somebody else has answered. */
  on_behalf_of: Type.Optional(Identifier),
  /** Everybody who has approved, `responded_by` as the last, where several had to. */
  approved_by: Type.Optional(Type.Array(Type.Pick(Approval, ['user_id', 'on_behalf_of', 'via', 'responded_at']))),
  via: Response.properties.via,
  responded_at: Time,
});
export type ReceiptClaims = Static<typeof ReceiptClaims>;

/** Whether a receipt proves that this very action was approved; with its claims if so, and why not otherwise. */
export const Verdict = Type.Object(
  {
    approved: Type.Boolean(),
    reason: Type.Optional(Type.String({ description: 'why not' })),
    claims: Type.Optional(ReceiptClaims),
  },
  { $id: 'ReceiptVerdict' },
);
export type Verdict = Static<typeof Verdict>;

/** The public keys of receipts (RFC 7517): the one that signs now, and all that have signed before. */
export const ReceiptKeys = Type.Object({
  keys: Type.Array(
    Type.Object({
      kty: Type.Literal('OKP'),
      crv: Type.Literal('Ed25519'),
      x: Type.String(),
      kid: Type.String(),
      alg: Type.Literal('EdDSA'),
      use: Type.Literal('sig'),
    }),
  ),
});
export type ReceiptKeys = Static<typeof ReceiptKeys>;
