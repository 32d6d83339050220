import { component } from '../components.ts';
import { eventHeaders } from '../event-headers.ts';
import { type EventType, events } from '../events.ts';
import { publishers } from '../publishers.ts';
import { streams } from '../subjects.ts';

type Json = Record<string, unknown>;

/** The version of the contracts of events; it grows with them, and never in a way that breaks a reader. */
export const EVENTS_VERSION = '1.0.0';

/**
 * The AsyncAPI 3 document of the product's events, made from the schemas that the services publish and read by. A channel for each subject, with
 * a `send` operation for each service that may publish it; a `receive` operation for all subjects of a stream at once, which is how consumers
 * subscribe. Requests between the gateway and the services are not in it: nobody else may send them.
 */
export function asyncapi(): Json {
  const subjects = Object.keys(events) as EventType[];
  const schemas: Record<string, Json> = {};
  const messages = Object.fromEntries(subjects.map((subject) => [subject, message(subject, schemas)]));
  const listened = Object.values(streams)
    .flatMap((stream) =>
      stream.subjects.map((pattern) => ({
        stream,
        pattern,
        carried: subjects.filter((subject) => matches(pattern, subject)),
      })),
    )
    .filter(({ carried }) => carried.length > 0);
  return {
    asyncapi: '3.0.0',
    info: { title: 'Missions: events', version: EVENTS_VERSION, description, license: { name: 'MIT' } },
    defaultContentType: 'application/json',
    servers: {
      nats: {
        host: 'nats:4222',
        protocol: 'nats',
        description: 'NATS with JetStream, 2.10 or newer',
        security: [{ $ref: '#/components/securitySchemes/user' }],
      },
    },
    channels: {
      ...Object.fromEntries(subjects.map((subject) => [subject, channel(subject, [subject], about(subject))])),
      ...Object.fromEntries(
        listened.map(({ stream, pattern, carried }) => [
          pattern,
          channel(pattern, carried, `all of them, kept in the stream ${stream.name} for ${stream.maxAgeDays} days`),
        ]),
      ),
    },
    operations: {
      ...Object.fromEntries(
        subjects.flatMap((subject) =>
          publishers[subject].map((service) => [
            `${service}.send.${subject}`,
            operation('send', subject, [subject], `the ${service} service publishes it`),
          ]),
        ),
      ),
      ...Object.fromEntries(
        listened.map(({ pattern, carried }) => [
          `receive.${pattern}`,
          operation('receive', pattern, carried, 'any service may subscribe, by a durable consumer of its own'),
        ]),
      ),
    },
    components: {
      messages,
      schemas,
      securitySchemes: {
        user: {
          type: 'userPassword',
          description: 'one user for each service, which may publish its own subjects only',
        },
      },
    },
  };
}

const description = [
  'CloudEvents 1.0 in binary mode: attributes in NATS headers, the data as JSON in the body.',
  'An event is published after the change it tells was committed, at least once; consumers that record `ce-id` in the transaction of their effect have each effect once.',
  'Events of one mission come in the order of version and index. Readers ignore members they do not know, and expect new words in every vocabulary.',
].join('\n\n');

const about = (subject: EventType): string | undefined => (events[subject] as { description?: string }).description;

const message = (subject: EventType, schemas: Record<string, Json>): Json => ({
  name: subject,
  title: subject,
  summary: about(subject),
  contentType: 'application/json',
  headers: component(eventHeaders(subject), schemas),
  payload: component(events[subject], schemas),
});

const channel = (address: string, carried: readonly string[], said: string | undefined): Json => ({
  address,
  ...(said && { description: said }),
  messages: Object.fromEntries(carried.map((subject) => [subject, { $ref: `#/components/messages/${subject}` }])),
});

const operation = (action: 'send' | 'receive', address: string, carried: readonly string[], summary: string): Json => ({
  action,
  summary,
  channel: { $ref: `#/channels/${address}` },
  messages: carried.map((subject) => ({ $ref: `#/channels/${address}/messages/${subject}` })),
});

/** `mission.*` is every subject of two tokens that begins so. */
const matches = (pattern: string, subject: string): boolean => {
  const [first, second] = pattern.split('.');
  const [given, rest] = subject.split('.');
  return first === given && (second === '*' || second === rest);
};
