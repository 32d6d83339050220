import { type TSchema, Type } from 'typebox';

/**
 * The NATS headers of an event: CloudEvents 1.0 in binary mode, with the product's addressing as extension attributes. Headers are text; values
 * are percent-encoded as in the HTTP binding of CloudEvents (section 3.1.3.2).
 */
export const eventHeaders = (subject: string): TSchema =>
  Type.Object({
    'Nats-Msg-Id': Type.String({
      format: 'uuid',
      description: 'the same as ce-id: JetStream drops a repetition that comes soon',
    }),
    'ce-specversion': Type.Literal('1.0'),
    'ce-id': Type.String({
      format: 'uuid',
      description: 'the same for every delivery: record it with the effect, and the effect happens once',
    }),
    'ce-type': Type.Literal(subject),
    'ce-source': Type.String({ pattern: '^/services/[a-z-]+$' }),
    'ce-time': Type.String({ format: 'date-time' }),
    'ce-datacontenttype': Type.Literal('application/json'),
    'ce-customerid': Type.String({ minLength: 1 }),
    'ce-userid': Type.String(),
    'ce-missionid': Type.String({ description: 'empty when it concerns no mission' }),
    'ce-missionversion': Type.String({
      pattern: '^[0-9]+$',
      description: 'consumers that keep state ignore an older version than theirs, and never wait for a gap to fill',
    }),
    'ce-missionindex': Type.String({ pattern: '^[0-9]+$', description: 'place among the events of that version' }),
    traceparent: Type.Optional(Type.String({ description: 'W3C trace context of the call that caused it' })),
  });
