import type { EventEnvelope } from '@missions/contracts/event.ts';
import type { RequestMessage } from '@missions/contracts/request.ts';

/** Attributes of spans (OpenTelemetry's conventions for messaging). Ids only: nothing that a person wrote, and no user. */
export const aboutSubject = (subject: string) => ({
  'messaging.system': 'nats',
  'messaging.destination.name': subject,
});

export const aboutEvent = ({ type, id, customer_id, mission_id }: EventEnvelope) => ({
  ...aboutSubject(type),
  'messaging.message.id': id,
  'missions.customer_id': customer_id,
  'missions.mission_id': mission_id,
});

export function aboutRequest(subject: string, { caller, input }: RequestMessage<unknown>) {
  const { mission_id } = (input ?? {}) as { mission_id?: unknown };
  return {
    ...aboutSubject(subject),
    'missions.customer_id': caller.customer_id,
    ...(typeof mission_id === 'string' && { 'missions.mission_id': mission_id }),
  };
}
