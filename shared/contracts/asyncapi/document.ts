import { component } from '../components.ts';
import { eventHeaders } from '../event-headers.ts';
import { type EventSubject, events } from '../events.ts';
import { publishers } from '../publishers.ts';
import { streams } from '../subjects.ts';

type Json = Record<string, unknown>;

/** Version of the event contracts. It grows with them; a change never breaks a reader. */
export const EVENTS_VERSION = '1.0.0';

/**
 * The AsyncAPI 3 document of the events, generated from the schemas that the services use. It has a channel for each
 * subject, with a `send` operation for each service that may publish it, and a channel with a `receive` operation for
 * each subject pattern of a stream, which is how consumers subscribe. Requests between the gateway and the services are
 * left out, because no other program may send them.
 */
export function asyncapi(): Json {
  const allSubjects = Object.keys(events) as EventSubject[];
  const schemas: Record<string, Json> = {};
  const messages = Object.fromEntries(allSubjects.map((subject) => [subject, message(subject, schemas)]));
  const patterns = Object.values(streams)
    .flatMap((stream) =>
      stream.subjects.map((pattern) => ({
        stream,
        pattern,
        subjects: allSubjects.filter((subject) => matches(pattern, subject)),
      })),
    )
    .filter(({ subjects }) => subjects.length > 0);
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
      ...Object.fromEntries(
        allSubjects.map((subject) => [subject, channel(subject, [subject], descriptionOf(subject))]),
      ),
      ...Object.fromEntries(
        patterns.map(({ stream, pattern, subjects }) => [
          pattern,
          channel(
            pattern,
            subjects,
            `every event that matches the pattern; the stream ${stream.name} keeps them for ${stream.maxAgeDays} days`,
          ),
        ]),
      ),
    },
    operations: {
      ...Object.fromEntries(
        allSubjects.flatMap((subject) =>
          publishers[subject].map((service) => [
            `${service}.send.${subject}`,
            operation('send', subject, [subject], `published by the ${service} service`),
          ]),
        ),
      ),
      ...Object.fromEntries(
        patterns.map(({ pattern, subjects }) => [
          `receive.${pattern}`,
          operation('receive', pattern, subjects, 'any service may subscribe with its own durable consumer'),
        ]),
      ),
    },
    components: {
      messages,
      schemas,
      securitySchemes: {
        user: {
          type: 'userPassword',
          description: 'each service has its own user, which may publish only its own subjects',
        },
      },
    },
  };
}

const description = [
  'CloudEvents 1.0 in binary mode: the attributes are NATS headers, the data is JSON in the body.',
  'An event is published at least once, after its change was committed. A consumer that records `ce-id` ' +
    'in the transaction of its effect has each effect exactly once.',
  'The events of one mission are ordered by version and index. Readers ignore members that they do not ' +
    'know, and must expect new values in every enumeration.',
].join('\n\n');

const descriptionOf = (subject: EventSubject): string | undefined =>
  (events[subject] as { description?: string }).description;

const message = (subject: EventSubject, schemas: Record<string, Json>): Json => ({
  name: subject,
  title: subject,
  summary: descriptionOf(subject),
  contentType: 'application/json',
  headers: component(eventHeaders(subject), schemas),
  payload: component(events[subject], schemas),
});

const channel = (address: string, subjects: readonly string[], description: string | undefined): Json => ({
  address,
  ...(description && { description }),
  messages: Object.fromEntries(subjects.map((subject) => [subject, { $ref: `#/components/messages/${subject}` }])),
});

const operation = (
  action: 'send' | 'receive',
  address: string,
  subjects: readonly string[],
  summary: string,
): Json => ({
  action,
  summary,
  channel: { $ref: `#/channels/${address}` },
  messages: subjects.map((subject) => ({ $ref: `#/channels/${address}/messages/${subject}` })),
});

/** Whether a subject of two tokens matches a pattern such as `mission.*`. */
const matches = (pattern: string, subject: string): boolean => {
  const [first, second] = pattern.split('.');
  const [given, rest] = subject.split('.');
  return first === given && (second === '*' || second === rest);
};
