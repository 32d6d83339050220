import type { MsgHdrs } from 'nats';
import type { EventEnvelope } from '@missions/contracts/event.ts';
import { headersOf, names } from './headers.ts';

/**
 * CloudEvents 1.0 in binary mode over NATS: attributes in `ce-…` headers, the data as JSON in the body. Extension
 * attributes have lower-case alphanumeric names (CloudEvents 1.0, "Naming conventions"). Values are percent-encoded as
 * in the HTTP binding (section 3.1.3.2): spaces, double quotes, percent signs, and every character that is not
 * printable ASCII.
 */
const attributes = [
  'id',
  'type',
  'source',
  'time',
  'customerid',
  'userid',
  'missionid',
  'missionversion',
  'missionindex',
] as const;
type Attribute = (typeof attributes)[number];

/** The message is not an event of this product, so delivering it again is useless. */
export class UnparseableMessage extends Error {
  constructor(reason: string) {
    super(reason);
    this.name = 'UnparseableMessage';
  }
}

export function eventHeaders(event: EventEnvelope, seal?: string): MsgHdrs {
  return headersOf({
    [names.messageId]: event.id,
    'ce-specversion': '1.0',
    'ce-id': encoded(event.id),
    'ce-type': encoded(event.type),
    'ce-source': encoded(event.source),
    'ce-time': encoded(event.time),
    'ce-datacontenttype': 'application/json',
    'ce-customerid': encoded(event.customer_id),
    'ce-userid': encoded(event.user_id),
    'ce-missionid': encoded(event.mission_id),
    'ce-missionversion': String(event.version),
    'ce-missionindex': String(event.index),
    [names.eventSeal]: seal,
    [names.traceparent]: event.traceparent,
  });
}

/**
 * The event's type must equal the subject of the message: the server enforces who may publish on a subject, but not who
 * may name a type, and consumers rely on the type.
 * @throws UnparseableMessage
 */
export function parseEvent(subject: string, headers: MsgHdrs | undefined, body: string): EventEnvelope {
  if (!headers) throw new UnparseableMessage('has no headers');
  if (headers.get('ce-specversion') !== '1.0') throw new UnparseableMessage('is not a CloudEvent 1.0');
  const read = (name: Attribute) => decoded(name, headers.get(`ce-${name}`));
  const type = required('type', read('type'));
  if (type !== subject) throw new UnparseableMessage(`has the type ${type}, which differs from its subject ${subject}`);
  const traceparent = headers.get(names.traceparent);
  return {
    id: required('id', read('id')),
    type,
    source: required('source', read('source')),
    time: required('time', read('time')),
    customer_id: required('customerid', read('customerid')),
    user_id: read('userid'),
    mission_id: read('missionid'),
    version: whole('missionversion', read('missionversion')),
    index: whole('missionindex', read('missionindex')),
    ...(traceparent && { traceparent }),
    data: object(body),
  };
}

const encoded = (value: string): string =>
  value.toWellFormed().replace(/[^\x21-\x7e]|["%]/gu, (character) => encodeURIComponent(character));

function decoded(name: Attribute, value: string): string {
  try {
    return decodeURIComponent(value);
  } catch {
    throw new UnparseableMessage(`has a ce-${name} that is not percent-encoded UTF-8`);
  }
}

function required(name: Attribute, value: string): string {
  if (value === '') throw new UnparseableMessage(`has no ce-${name}`);
  return value;
}

function whole(name: Attribute, value: string): number {
  if (!/^\d{1,15}$/.test(value)) throw new UnparseableMessage(`has a ce-${name} that is not a whole number`);
  return Number(value);
}

function object(body: string): Record<string, unknown> {
  let data: unknown;
  try {
    data = JSON.parse(body);
  } catch {
    throw new UnparseableMessage('has a body that is not JSON');
  }
  if (typeof data !== 'object' || data === null || Array.isArray(data))
    throw new UnparseableMessage('has data that is not a JSON object');
  return data as Record<string, unknown>;
}
