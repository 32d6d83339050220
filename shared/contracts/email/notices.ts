import { type Static, Type } from 'typebox';
import { Identifier, Nullable, Time, Uuid } from '../fields.ts';
import { defineRequest } from '../request.ts';
import { BareAddress } from './address.ts';

/**
 * Mail of the product itself to one of its users. No mission waits for a reply to it, and it counts as nobody's mail.
 * Its Message-ID is made of its id, so that a notice that is requested again is the same mail, and is sent once.
 */
export const NoticeMail = Type.Object({
  id: Uuid,
  user_id: Identifier,
  /** Mail about one mission is one thread, and is erased with it. */
  mission_id: Nullable(Uuid),
  to: BareAddress,
  /** Of its reader, BCP 47: in which who replies is told that a reply answers nothing. */
  language: Type.Optional(Type.String({ maxLength: 100 })),
  subject: Type.String({ minLength: 1, maxLength: 500 }),
  text: Type.String({ maxLength: 100_000 }),
  html: Type.String({ maxLength: 100_000 }),
  /** List-Unsubscribe and its kin, and the thread. */
  headers: Type.Record(
    Type.String({ pattern: '^(List-[A-Za-z-]+|Auto-Submitted|X-[A-Za-z-]+|Importance|In-Reply-To|References)$' }),
    Type.String(),
  ),
  /** Its reader's quiet hours to come, in which it does not leave, however long it is tried. */
  quiet: Type.Optional(Type.Array(Type.Object({ from: Time, until: Time }), { maxItems: 20 })),
});
export type NoticeMail = Static<typeof NoticeMail>;

const State = Type.Object({ status: Type.Enum(['queued', 'sent', 'failed', 'withdrawn']) });
export type NoticeMailState = Static<typeof State>;
/**
 * `leaving`: a mail server is taking it at this moment; ask again. `may_have_left`: what became of an attempt before is not
 * known, because its sender has died.
 */
const WithdrawnState = Type.Object({
  status: Type.Enum(['leaving', 'sent', 'failed', 'withdrawn']),
  may_have_left: Type.Optional(Type.Boolean()),
});
export type WithdrawnNoticeState = Static<typeof WithdrawnState>;

export const sendNotice = defineRequest('email-bridge', 'send_notice', NoticeMail, State);
/** Keeps a notice back that has not left yet; one that is not known is kept back when it comes. */
export const withdrawNotice = defineRequest(
  'email-bridge',
  'withdraw_notice',
  Type.Object({ id: Uuid }),
  WithdrawnState,
);
