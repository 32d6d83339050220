import type { MsgHdrs, StoredMsg } from 'nats';
import { Problem } from '@missions/contracts/errors.ts';
import { deadLetterSubject, streams } from '@missions/contracts/subjects.ts';
import type { Connection } from '../connection.ts';
import { deadLetterHeaders } from '../consumer/dead-letters.ts';
import { natsProblem, undefinedIfNotFound } from '../errors.ts';
import { headersOf, names } from '../headers.ts';
import { publishToStream } from '../publish.ts';
import { scanStream } from './stream-scan.ts';

const STREAM = 'DEADLETTER';

/** A message that a service could not handle, and the reason. A field is '' if the headers lack it. */
export interface DeadLetter {
  /** Number in the stream of dead letters. */
  sequence: number;
  at: string;
  /** The service that could not handle it. */
  service: string;
  subject: string;
  reason: string;
  attempts: number;
  event_id: string;
  customer_id: string;
  mission_id: string;
  /** The stream that the message was in, and its number there. */
  stream: string;
  stream_sequence: number;
}

export interface DeadLetterDetail extends DeadLetter {
  headers: Record<string, string>;
  body: string;
}

/** Lists, replays and drops dead letters. Each method throws Problem; NOT_FOUND for a sequence that does not exist. */
export class DeadLetterAdmin {
  readonly #connection: Connection;

  constructor(connection: Connection) {
    this.#connection = connection;
  }

  /** Oldest first. */
  async list(): Promise<DeadLetter[]> {
    const deadLetters: DeadLetter[] = [];
    await scanStream(this.#connection, STREAM, ({ seq, subject, header, time }) =>
      deadLetters.push(toDeadLetter(seq, subject, header, time)),
    );
    return deadLetters;
  }

  async show(sequence: number): Promise<DeadLetterDetail> {
    const { seq, subject, header, time, data } = await this.#get(sequence);
    return {
      ...toDeadLetter(seq, subject, header, time),
      headers: Object.fromEntries([...header].map(([name, values]) => [name, values.join(', ')])),
      body: new TextDecoder().decode(data),
    };
  }

  /**
   * Publishes the message with its original subject, headers and body. Every consumer of its stream receives it, and
   * those that have handled it before recognise its id. The dead letter is removed only after that; a crash in between
   * leaves it, and a second replay does no harm.
   */
  async replay(sequence: number): Promise<DeadLetterDetail> {
    const deadLetter = await this.show(sequence);
    const { data, header } = await this.#get(sequence);
    if (!isEventSubject(deadLetter.subject))
      throw new Problem(
        'INVALID_TRANSITION',
        `Dead letter ${sequence} has the subject '${deadLetter.subject}', which belongs to no stream of events: ` +
          'it can only be shown and dropped.',
      );
    const own = [...header].filter(([name]) => !added.has(name) && !name.toLowerCase().startsWith('nats-'));
    const original = Object.fromEntries(own.map(([name, values]) => [name, values[0]]));
    const publish = (id: string) =>
      publishToStream(this.#connection, deadLetter.subject, data, headersOf({ ...original, [names.messageId]: id }));
    const freshId = `replay:${sequence}:${deadLetter.event_id}`;
    const { duplicate } = await publish(deadLetter.event_id || freshId);
    // The stream drops ids that it has stored within two minutes. Consumers recognise an event by `ce-id`, not by this
    // id.
    if (duplicate) await publish(freshId);
    await this.#remove(sequence);
    return deadLetter;
  }

  async drop(sequence: number): Promise<DeadLetterDetail> {
    const deadLetter = await this.show(sequence);
    await this.#remove(sequence);
    return deadLetter;
  }

  async #get(sequence: number): Promise<StoredMsg> {
    const message = await this.#withManager(
      async ({ streams }) => await streams.getMessage(STREAM, { seq: sequence }).catch(undefinedIfNotFound),
    );
    if (!message) throw new Problem('NOT_FOUND', `There is no dead letter ${sequence}.`);
    return message;
  }

  async #remove(sequence: number): Promise<void> {
    await this.#withManager(({ streams }) => streams.deleteMessage(STREAM, sequence));
  }

  async #withManager<T>(
    call: (manager: Awaited<ReturnType<Connection['nc']['jetstreamManager']>>) => Promise<T>,
  ): Promise<T> {
    try {
      const manager = await this.#connection.nc.jetstreamManager({ checkAPI: false });
      return await this.#connection.whileConnected(() => call(manager));
    } catch (error) {
      throw natsProblem(error, 'the dead letters');
    }
  }
}

const added = new Set<string>(Object.values(deadLetterHeaders));
const prefix = deadLetterSubject('');

function toDeadLetter(sequence: number, subject: string, headers: MsgHdrs | undefined, time: Date): DeadLetter {
  const read = (name: string): string => headers?.get(name) ?? '';
  return {
    sequence,
    at: time.toISOString(),
    service: subject.slice(prefix.length),
    subject: read(deadLetterHeaders.subject),
    reason: read(deadLetterHeaders.reason),
    attempts: Number(read(deadLetterHeaders.attempts)),
    event_id: read('ce-id'),
    customer_id: decoded(read('ce-customerid')),
    mission_id: read('ce-missionid'),
    stream: read(deadLetterHeaders.stream),
    stream_sequence: Number(read(deadLetterHeaders.sequence)),
  };
}

/** Tolerates a wrong encoding, which may be the very reason why the message is a dead letter. */
function decoded(value: string): string {
  try {
    return decodeURIComponent(value);
  } catch {
    return value;
  }
}

const isEventSubject = (subject: string): boolean =>
  Object.values(streams).some(
    ({ name, subjects }) =>
      name !== STREAM &&
      subjects.some((pattern) => subject.split('.').length === 2 && subject.startsWith(pattern.replace('*', ''))),
  );
