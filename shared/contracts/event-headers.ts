import { type TSchema, Type } from 'typebox';
import { approvalApproved, approvalOutcomes } from './approval/events.ts';

const sealed = new Set<string>([approvalApproved, ...Object.values(approvalOutcomes)]);
const seal = {
  'x-event-seal': Type.Optional(
    Type.String({ description: 'proves to the mission service that the approval service has published it' }),
  ),
};

/**
 * The NATS headers of an event: CloudEvents 1.0 in binary mode, with customer, user and mission as extension
 * attributes. Values are percent-encoded as in the HTTP binding of CloudEvents (section 3.1.3.2).
 */
export const eventHeaders = (subject: string): TSchema =>
  Type.Object({
    'Nats-Msg-Id': Type.String({
      format: 'uuid',
      description: 'equal to ce-id; JetStream drops a duplicate within its deduplication window',
    }),
    'ce-specversion': Type.Literal('1.0'),
    'ce-id': Type.String({
      format: 'uuid',
      description:
        'the same in every delivery; a consumer that records it in the transaction of its effect has the effect once',
    }),
    'ce-type': Type.Literal(subject),
    'ce-source': Type.String({ pattern: '^/services/[a-z-]+$' }),
    'ce-time': Type.String({ format: 'date-time' }),
    'ce-datacontenttype': Type.Literal('application/json'),
    'ce-customerid': Type.String({ minLength: 1 }),
    'ce-userid': Type.String(),
    'ce-missionid': Type.String({ description: 'empty if the event concerns no mission' }),
    'ce-missionversion': Type.String({
      pattern: '^[0-9]+$',
      description:
        'a consumer that keeps state ignores versions older than its own, and does not wait for missing ones',
    }),
    'ce-missionindex': Type.String({ pattern: '^[0-9]+$', description: 'position among the events of that version' }),
    ...(sealed.has(subject) && seal),
    traceparent: Type.Optional(Type.String({ description: 'W3C trace context of the call that caused the event' })),
  });
