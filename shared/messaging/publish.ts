import { type ApiError, type MsgHdrs, nuid } from 'nats';
import { Problem } from '@missions/contracts/errors.ts';
import type { EventEnvelope } from '@missions/contracts/event.ts';
import { inSpan } from '@missions/runtime/span.ts';
import { eventHeaders } from './cloudevents.ts';
import { aboutEvent } from './span-attributes.ts';
import type { Connection } from './connection.ts';
import { streamProblem } from './errors.ts';
import { names } from './headers.ts';

export interface PublishResult {
  stream: string;
  /** Of the stored message; for a duplicate, of the message that was stored before. */
  seq: number;
  /** The stream has stored an event of this id within its duplicate window, and did not store this one. */
  duplicate: boolean;
}

export interface PublishOptions {
  /** See `sealOf`, for an event that its consumer does not believe without. */
  seal?: string | undefined;
  /**
   * The stream is to store the event although it knows its id: the message was removed, and the id is remembered for two
   * minutes. Only the id of the message differs; consumers know an event by its own.
   */
  anew?: boolean | undefined;
}

const TIMEOUT_MS = 5_000;

/**
 * Resolves once the stream has stored the event. After an error the event may or may not be stored, and is to be
 * published again. The trace context is the event's own, written with its change, so that one trace spans the request
 * and its consequences.
 * @param body the event's data as JSON text, if the caller has it already.
 * @throws Problem UNAVAILABLE (disconnected, no stream, stream full), TIMEOUT, PAYLOAD_TOO_LARGE, INTERNAL (the type is no
 * subject): the last two stay, however often the event is tried
 */
export async function publish(
  connection: Connection,
  event: EventEnvelope,
  body = JSON.stringify(event.data),
  { seal, anew = false }: PublishOptions = {},
): Promise<PublishResult> {
  const span = {
    kind: 'producer',
    parent: event.traceparent,
    attributes: () => ({ ...aboutEvent(event), 'missions.outbox.age_ms': Date.now() - Date.parse(event.time) }),
  } as const;
  return await inSpan(`publish ${event.type}`, span, async () => {
    const headers = eventHeaders(event, seal);
    if (anew) headers.set(names.messageId, `${event.id}.${nuid.next()}`);
    const { stream = '', seq = 0, duplicate = false } = await publishToStream(connection, event.type, body, headers);
    return { stream, seq, duplicate };
  });
}

/** ADR-1 "JetStream JSON API Design", `io.nats.jetstream.api.v1.pub_ack_response`. */
interface PubAck {
  stream?: string;
  seq?: number;
  duplicate?: boolean;
  error?: ApiError;
}

/**
 * Printable ASCII without wildcards and without empty tokens. The client library sends whatever it is given, and for a
 * line that the server cannot read, or that is longer than 4 KB, it ends the connection with all that is under way on
 * it: again and again, as often as the event is tried.
 */
const isSubject = (text: string): boolean =>
  text.length <= MAX_SUBJECT_BYTES && /^[!-~]+$/.test(text) && !/[*>]|^\.|\.\.|\.$/.test(text);
const MAX_SUBJECT_BYTES = 1_024;

/** Publishes to the stream that has the subject. @throws Problem as `publish`. */
export async function publishToStream(
  connection: Connection,
  subject: string,
  body: string | Uint8Array,
  headers: MsgHdrs,
): Promise<PubAck> {
  if (!isSubject(subject))
    throw new Problem(
      'INTERNAL',
      `${JSON.stringify(subject.slice(0, 200))} is no subject that an event can be published on.`,
    );
  const message = await connection.requests.request(subject, body, { headers, timeoutMs: TIMEOUT_MS });
  const ack = message.json<PubAck>();
  if (ack.error) throw streamProblem(ack.error, subject);
  if (!ack.stream) throw new Problem('INTERNAL', `The subscriber of ${subject} is not a stream.`);
  return ack;
}
