import type { MsgHdrs, PubAck } from 'nats';
import type { EventEnvelope } from '@missions/contracts/event.ts';
import { inSpan } from '@missions/runtime/span.ts';
import { eventHeaders } from './cloudevents.ts';
import { natsProblem } from './faults.ts';
import type { Link } from './link.ts';

/** `duplicate`: the stream already had it, within its duplicate window. */
export interface Published {
  duplicate: boolean;
}

const TIMEOUT_MS = 5_000;

/**
 * Resolves once the stream has stored it; anything else means it may or may not be stored, and is to be published again.
 * The trace context is the event's own, as it was written with the change, so that one trace spans the request and its consequences.
 * @throws Problem UNAVAILABLE (disconnected, no stream, stream full), TIMEOUT
 */
export async function publish(link: Link, event: EventEnvelope): Promise<Published> {
  const span = { kind: 'producer', parent: event.traceparent, attributes: { 'messaging.destination.name': event.type } } as const;
  return await inSpan(`publish ${event.type}`, span, async () => {
    const { duplicate } = await store(link, event.type, JSON.stringify(event.data), eventHeaders(event));
    return { duplicate };
  });
}

/** Publishes to whatever stream has the subject. @throws Problem as `publish`. */
export async function store(link: Link, subject: string, body: string | Uint8Array, headers: MsgHdrs): Promise<PubAck> {
  try {
    return await link.whileConnected(() => link.nc.jetstream({ timeout: TIMEOUT_MS }).publish(subject, body, { headers }));
  } catch (error) {
    throw natsProblem(error, subject);
  }
}
