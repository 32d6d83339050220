import type { ApiError, MsgHdrs } from 'nats';
import { Problem } from '@missions/contracts/errors.ts';
import type { EventEnvelope } from '@missions/contracts/event.ts';
import { inSpan } from '@missions/runtime/span.ts';
import { eventHeaders } from './cloudevents.ts';
import { streamRefusal } from './errors.ts';
import type { Connection } from './connection.ts';

/** `duplicate`: the stream already had it, within its duplicate window. */
export interface Published {
  duplicate: boolean;
}

const TIMEOUT_MS = 5_000;

/**
 * Resolves once the stream has stored it; anything else means it may or may not be stored, and is to be published again.
 * The trace context is the event's own, as it was written with the change, so that one trace spans the request and its consequences.
 * @param body the event's data as JSON text, where there is one already.
 * @throws Problem UNAVAILABLE (disconnected, no stream, stream full), TIMEOUT
 */
export async function publish(
  link: Connection,
  event: EventEnvelope,
  body = JSON.stringify(event.data),
): Promise<Published> {
  const span = {
    kind: 'producer',
    parent: event.traceparent,
    attributes: { 'messaging.destination.name': event.type },
  } as const;
  return await inSpan(`publish ${event.type}`, span, async () => {
    const { duplicate = false } = await store(link, event.type, body, eventHeaders(event));
    return { duplicate };
  });
}

/** A stream's answer to a publication (ADR-1 "JetStream JSON API Design", `io.nats.jetstream.api.v1.pub_ack_response`). */
interface StreamAnswer {
  stream?: string;
  seq?: number;
  duplicate?: boolean;
  error?: ApiError;
}

/** Publishes to whatever stream has the subject. @throws Problem as `publish`. */
export async function store(
  link: Connection,
  subject: string,
  body: string | Uint8Array,
  headers: MsgHdrs,
): Promise<StreamAnswer> {
  const message = await link.requests.request(subject, body, { headers, timeoutMs: TIMEOUT_MS });
  const answer = message.json<StreamAnswer>();
  if (answer.error) throw streamRefusal(answer.error, subject);
  if (!answer.stream) throw new Problem('INTERNAL', `What listens on ${subject} is no stream.`);
  return answer;
}
