/**
 * The event envelope: CloudEvents 1.0 attributes plus the product's addressing (specification section 7). On the wire
 * it is binary mode in NATS headers; `shared/messaging` translates, and `shared/persistence` stores the same fields in
 * the outbox.
 */
export interface EventEnvelope<Data extends object = Record<string, unknown>> {
  /** UUIDv7; `ce-id` and `Nats-Msg-Id`. Consumers deduplicate by it. */
  id: string;
  /** `ce-type`, and the subject it is published on, e.g. `mission.created`. */
  type: string;
  /** `ce-source`: a path naming the service, e.g. `/services/mission`. */
  source: string;
  /** `ce-time`, RFC 3339 in UTC. */
  time: string;
  customer_id: string;
  user_id: string;
  mission_id: string;
  /** The mission's version after the change, and this event's position (from 0) among the events of that version. */
  version: number;
  index: number;
  /** W3C trace context of the request that caused the event. */
  traceparent?: string;
  data: Data;
}
