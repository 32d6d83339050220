import type { WaitEnd } from './mission/event-readers.ts';
import type { BlockerKind } from './mission/vocabulary.ts';

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** The kinds of waits for a thing that one service owns. */
const owned: readonly BlockerKind[] = ['human_input', 'email_reply', 'mission'];

/**
 * Keys of waits (specification section 3.4). A blocker's key is `kind:reference`; a signal frees the blockers of its
 * customer that have its key. The keys of three kinds refer to a thing that one service owns, so that two services must
 * spell them alike:
 *
 *   input request   `human_input:<request id>`    the approval service reports the response or the expiry
 *   tracked e-mail  `email_reply:<tracking id>`   the email-bridge reports the replies
 *   mission         `mission:<mission id>`        the mission service signals the mission's end
 *
 * An id is written in lower case, as it is stored, whichever way its caller writes it. The references of the other kinds
 * (`webhook`, `calendar_response`, `manual`) are the caller's own words.
 */
export const blockerKey = (kind: BlockerKind, reference: string): string =>
  `${kind}:${owned.includes(kind) && UUID.test(reference) ? reference.toLowerCase() : reference}`;

export const inputRequestKey = (requestId: string): string => blockerKey('human_input', requestId);
export const emailReplyKey = (trackingId: string): string => blockerKey('email_reply', trackingId);
export const missionEndKey = (missionId: string): string => blockerKey('mission', missionId);

/**
 * The reference in a key of the given kind, in lower case, as ids are stored; undefined if the key is of another kind.
 * The caller chooses the reference of an outside wait, so that the reference of an `email_reply` or `mission` key need
 * not be an id.
 */
export function blockerReference(kind: BlockerKind, key: string): string | undefined {
  const prefix = blockerKey(kind, '');
  return key.startsWith(prefix) ? key.slice(prefix.length).toLowerCase() : undefined;
}

/**
 * Id of the final signal about a tracked e-mail: everybody has replied. The signal of a single reply bears that reply's
 * id.
 */
export const allRepliedSignalId = (trackingId: string): string => `all:${trackingId}`;

/**
 * Whether a wait was ended by an event of the service that serves it: by the response that the approval service
 * announced, or by the last reply that the email-bridge announced. The same service receives the `mission.unblocked`
 * that follows, and has nothing left to stop.
 */
export function isOwnEcho({ key, resolution: { by, signal } }: WaitEnd): boolean {
  if (by === 'answer') return blockerReference('human_input', key) !== undefined;
  const trackingId = blockerReference('email_reply', key);
  return by === 'signal' && trackingId !== undefined && signal?.id === allRepliedSignalId(trackingId);
}
